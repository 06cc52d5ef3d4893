"""The judge that measures how much a model's answers vary from pixel to pixel.

The measure is that of M3D-NCA (Kalkhof and Mukhopadhyay 2023): over n stochastic answers, the sum
of the pixels' standard deviations over the sum of their means. Promptable models are not
stochastic, so that the answers here are those to n prompts drawn from the mask and moved a little.
"""

import torch

from HermesLib.judges.jittered_answers import jittered_answers
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee

#: As in the source.
ANSWERS = 10


class SampleVariance:
    """``1 / (1 + v)`` with v the measure of M3D-NCA: 1 where nothing varies, towards 0 else."""

    name = "sample-variance"
    sha256 = ""
    needs_model = True
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        estimates = []
        for row in range(len(judged.masks)):
            answers = jittered_answers(judged, row, ANSWERS, self.name)
            expected = answers.mean(0).numpy() > 0.5
            score = variance_score(answers) if expected.any() else 0.0
            estimates.append(Estimate.without_range(score, expected if expected.any() else None))
        return estimates


def variance_score(answers: torch.Tensor) -> float:
    """``1 / (1 + v)``, ``v = sum(sd) / sum(mean)`` over the pixels of answers (n, H, W) in 0..1.

    >>> variance_score(torch.ones(3, 2, 2))
    1.0
    """
    answers = answers.double()
    mean = float(answers.mean(0).sum())
    if mean == 0:
        return 0.0
    return 1 / (1 + float(answers.std(0, correction=0).sum()) / mean)


def build(options: JudgeOptions) -> SampleVariance:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return SampleVariance()
