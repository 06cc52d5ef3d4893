"""The judge that believes the model: the IoU that it predicts for its mask, as Dice."""

from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee


class PredictedIoU:
    """The model's own estimate of its mask. Only of masks that the model has drawn."""

    name = "predicted-iou"
    sha256 = ""
    needs_model = True
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        answer = judged.answer
        if answer is None or answer.prompts is None:
            raise HermesError(
                "the judge 'predicted-iou' estimates only masks that the model draws itself;"
                " choose 'reprompt' for masks from elsewhere"
            )
        if answer.score is None:
            raise HermesError(
                f"{answer.model.name} does not estimate its own masks; choose another judge"
            )
        overlaps = answer.score.clamp(0, 1).tolist()
        return [Estimate.without_range(2 * iou / (1 + iou)) for iou in overlaps]


def build(options: JudgeOptions) -> PredictedIoU:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return PredictedIoU()
