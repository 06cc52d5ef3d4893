"""Images of a folder, and the mask that belongs to each by its name."""

from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.suffixes import PNG, VOLUME_SUFFIXES

#: nnU-Net's ending of an image with one channel; its masks have none.
_CHANNEL = "_0000"
#: Where a DICOM file names itself, and how many files of a folder are looked at.
_MAGIC_PLACE, _MAGIC = 128, b"DICM"
_MOST_FILES = 20


def stem_of(path: Path) -> str:
    """A file's name without its ending; the name of a folder.

    >>> stem_of(Path("case.1.nii.gz")), stem_of(Path("scan.nrrd"))
    ('case.1', 'scan')
    """
    if path.is_dir():
        return path.name
    for suffix in sorted((*VOLUME_SUFFIXES, ".seg.nrrd", PNG), key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.name


def mask_of(image: Path, masks: Path, organ: str | None = None, called: str = "mask") -> Path:
    """The mask or guide of an image: of the same name, whatever the ending.

    nnU-Net's ``_0000`` of the image may be missing in the mask's name. Where a folder has the
    image's name, as TotalSegmentator's, the mask is its file ``organ``, or its only one.

    Raises:
        HermesError: no such mask, or several.
    """
    stem = stem_of(image)
    for name in names_for(stem):
        found = [path for path in image_files(masks) if stem_of(path) == name]
        if (masks / name).is_dir():
            found += [
                path
                for path in image_files(masks / name)
                if organ is None or stem_of(path) == stem_of(Path(organ))
            ]
        if len(found) > 1:
            names = ", ".join(path.name for path in found[:3])
            raise HermesError(
                f"several {called}s for {stem} ({names}, ...); keep one, or name its file"
            )
        if found:
            return found[0]
    wanted = f"{stem}/{organ}" if organ else stem
    raise HermesError(f"no {called} named {wanted} in {masks.name}")


def names_for(stem: str) -> tuple[str, ...]:
    """The names that the mask of an image may have, the preferred one first.

    >>> names_for("case_0000"), names_for("case")
    (('case_0000', 'case'), ('case',))
    """
    return tuple(dict.fromkeys((stem, stem.removesuffix(_CHANNEL))))


def image_files(folder: Path) -> list[Path]:
    """The image files of a folder, in the order of their names."""
    return [path for path in sorted(folder.iterdir()) if path.is_file() and is_image(path)]


def is_image(path: Path) -> bool:
    """Whether a path is an image file, or a folder with the files of a DICOM series."""
    if path.name.startswith("."):
        return False
    if path.is_dir():
        return holds_dicom(path)
    return path.name.lower().endswith((*VOLUME_SUFFIXES, PNG))


def holds_dicom(folder: Path) -> bool:
    """Whether a folder has the files of a DICOM series, which may be named anyhow."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file())
    return any(_is_dicom(path) for path, _number in zip(files, range(_MOST_FILES), strict=False))


def _is_dicom(path: Path) -> bool:
    with open(path, "rb") as stream:
        return stream.read(_MAGIC_PLACE + len(_MAGIC))[_MAGIC_PLACE:] == _MAGIC
