"""The judge that compares a mask with the expected outline: their Dice."""

from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice_batch


class Agreement:
    """Dice of mask and pGT. It says nothing of errors that both share."""

    name = "agreement"
    sha256 = ""
    needs_model = False
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        values = dice_batch(judged.masks, judged.pgt.to(judged.masks.device)).tolist()
        return [Estimate.without_range(value) for value in values]


def build(options: JudgeOptions) -> Agreement:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return Agreement()
