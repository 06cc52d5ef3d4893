"""A quality control as one judge among others: it scores masks whose pGT is another's."""

from collections.abc import Sequence
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.extensions import load_extensions
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JUDGES
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import QUALITY_CONTROLS


class QualityJudge:
    """The pDSC that a quality control gives masks which it did not guide.

    It reads the lone slice, without its neighbours. See :class:`HermesLib.judges.protocol.Judge`.
    """

    needs_model = False
    score = "judged"
    guarantee: Guarantee | None = None

    def __init__(self, name: str, quality: QualityControl) -> None:
        self.name = name
        self.sha256 = quality.sha256
        self._quality = quality

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        observation = self._quality.observe(judged.images)
        assessment = self._quality.assess(observation, judged.masks, judged.seeds)
        return [Estimate.without_range(float(pdsc)) for pdsc in assessment.pdsc]


def split_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of judges, and names or weight files of quality controls.

    Raises:
        HermesError: a name of neither, and no file.
    """
    load_extensions()
    judges = [name for name in names if name in JUDGES]
    others = [name for name in dict.fromkeys(names) if name not in JUDGES]
    for name in others:
        if name not in QUALITY_CONTROLS and not Path(name).is_file():
            raise HermesError(
                f"unknown judge '{name}'; choose {', '.join(JUDGES)}, a quality control "
                f"({', '.join(QUALITY_CONTROLS)}) or its weight file"
            )
    return judges, others


def short_names(names: Sequence[str]) -> list[str]:
    """Names for tables: a file's without folder and ending, unless two would be the same.

    >>> short_names(["regression", "runs/a/model.safetensors"])
    ['regression', 'model']
    >>> short_names(["a/model.safetensors", "b/model.safetensors"])
    ['a/model.safetensors', 'b/model.safetensors']
    """
    short = [Path(name).stem for name in names]
    return [
        label if short.count(label) == 1 and label not in JUDGES else name
        for name, label in zip(names, short, strict=True)
    ]
