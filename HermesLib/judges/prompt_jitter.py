"""The judge that asks whether the model stays with its answer when the prompt moves a little.

The mean Dice of all pairs of answers is the estimate: the pairwise Dice of an ensemble, which the
benchmark of Zenk et al. 2025 found to be the simple measure that is hard to beat, with prompts in
place of trained networks. It judges the place that the mask points the model to, not its outline.
"""

from itertools import combinations

from HermesLib.judges.jittered_answers import jittered_answers
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice

#: As many as the ensembles of the benchmark have networks.
ANSWERS = 5


class PromptJitter:
    """Mean pairwise Dice of the answers to :data:`ANSWERS` jittered prompts from the mask."""

    name = "prompt-jitter"
    sha256 = ""
    needs_model = True
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        estimates = []
        for row in range(len(judged.masks)):
            answers = jittered_answers(judged, row, ANSWERS, self.name) > 0.5
            if not answers.any():
                # That nothing is there is not an agreement on the mask.
                estimates.append(Estimate.without_range(0.0))
                continue
            pairs = [dice(first, second) for first, second in combinations(answers, 2)]
            expected = answers.sum(0).numpy() > ANSWERS / 2
            estimates.append(Estimate.without_range(sum(pairs) / len(pairs), expected))
        return estimates


def build(options: JudgeOptions) -> PromptJitter:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return PromptJitter()
