"""The judge that asks the model again, with prompts drawn from the mask alone.

A mask that follows what the model sees in the image is drawn again much the same; the agreement of
both is the estimate (as SQA-SAM does with SAM).
"""

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice
from HermesLib.prompts.examples import most_examples
from HermesLib.prompts.registry import strategy_for


class Reprompt:
    """Dice of a mask and the model's answer to prompts drawn from it."""

    name = "reprompt"
    sha256 = ""
    needs_model = True
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        answer = judged.answer
        if answer is None:
            raise HermesError("the judge 'reprompt' needs a model; name one with --model")
        strategy = strategy_for(answer.model.prompt_kinds[0])
        if most_examples(strategy) is not None:
            # With the mask itself as the example, the model would only repeat it.
            raise HermesError(
                f"the judge 'reprompt' draws prompts from the mask; {answer.model.name} is prompted"
                " by examples, choose the judge 'in-context'"
            )
        masks = judged.masks.cpu().numpy()
        nothing = np.zeros(masks.shape[1:], bool)
        prompts = [
            strategy.refine(None, nothing, mask, True, np.random.default_rng(seed))
            for mask, seed in zip(masks, judged.seeds, strict=True)
        ]
        again = answer.model.predict(answer.embedding, prompts).probability.cpu().numpy() > 0.5
        return [
            Estimate.without_range(dice(mask, other), expected=other)
            for mask, other in zip(masks, again, strict=True)
        ]


def build(options: JudgeOptions) -> Reprompt:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return Reprompt()
