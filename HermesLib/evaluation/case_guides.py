"""The guides of labelled cases: one segmenter for all, or a folder with a file for each."""

from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.guides.registry import draw_guide
from HermesLib.io.suffixes import PNG, VOLUME_SUFFIXES
from HermesLib.presets.preset import Preset
from HermesLib.quality.guided import GuidedQuality


def case_guide(
    spec: str,
    case: Case,
    preset: Preset,
    labels: tuple[int, ...] | None = None,
    python: Path | None = None,
) -> GuidedQuality:
    """The quality control that a case's guide makes.

    Args:
        spec: a segmenter as in :func:`HermesLib.guides.registry.draw_guide`, or a folder whose
            files are named as the images are.
        case: the case.
        preset: the organ.
        labels, python: as for :func:`HermesLib.guides.registry.draw_guide`.

    Raises:
        HermesError: no guide for the case, or one that cannot be used.
    """
    folder = Path(spec).expanduser()
    if folder.is_dir():
        spec = str(guide_file(folder, case))
    guide = draw_guide(spec, case.read_image(), preset, labels, python)
    return GuidedQuality(guide.probability, guide.name, guide.sha256, guide.soft)


def guide_file(folder: Path, case: Case) -> Path:
    """The file of a case's guide in a folder: named as its image is.

    nnU-Net names images with the channel at the end (``_0000``) and masks without.

    Raises:
        HermesError: none, or several.
    """
    stem = case.image.name.split(".")[0]
    names = [
        f"{name}{suffix}"
        for name in dict.fromkeys((stem, stem.removesuffix("_0000")))
        for suffix in (*VOLUME_SUFFIXES, PNG)
    ]
    found = [path for name in names if (path := folder / name).is_file()]
    if len(found) != 1:
        many = "several guides" if found else "no guide"
        raise HermesError(f"{many} named {stem} in {folder.name}")
    return found[0]
