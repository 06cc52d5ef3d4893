"""TotalSegmentator's data: ``sXXXX/ct.nii.gz`` or ``mri.nii.gz``, one binary file an organ.

``meta.csv`` (semicolons) has the official split.
"""

import csv
from pathlib import Path

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.readers.form import DataForm
from HermesLib.datasets.readers.listing import (
    Found,
    Listing,
    is_hidden,
    require_folder,
    require_organ,
    stem,
)
from HermesLib.datasets.splits import Part
from HermesLib.errors import HermesError

_IMAGES = {"ct.nii.gz": "CT", "mri.nii.gz": "MR"}
_SEGMENTATIONS = "segmentations"
_PARTS: dict[str, Part] = {"train": "train", "val": "validation", "test": "test"}


def list_totalsegmentator(form: DataForm, organ: str = "") -> Listing:
    """The subjects with an image and a file of the organ; errors as of :func:`list_data`."""
    root = _root(require_folder(form.paths[0], "subjects sXXXX"))
    subjects = sorted(path for path in root.glob("s*") if (path / _SEGMENTATIONS).is_dir())
    if not subjects:
        raise HermesError(f"{root} holds no subject sXXXX with {_SEGMENTATIONS}")
    organs = _organs(subjects[0])
    name = organ.replace(" ", "_") or next(iter(organs), "")
    require_organ(name, organs, f"{subjects[0]}")
    found = Found()
    parts = _split(root, found)
    modalities = set()
    for subject in subjects:
        images = [subject / file for file in _IMAGES if (subject / file).is_file()]
        label = subject / _SEGMENTATIONS / f"{name}.nii.gz"
        if len(images) != 1:
            found.skip(subject.name, "no ct.nii.gz or mri.nii.gz" if not images else "CT and MR")
        elif not label.is_file():
            found.skip(subject.name, f"no file {_SEGMENTATIONS}/{label.name}")
        else:
            modality = _IMAGES[images[0].name]
            modalities.add(modality)
            # CT and MR number their subjects alike.
            identity = f"totalsegmentator-{modality.lower()}-{subject.name}"
            part = parts.get(subject.name)
            found.cases.append(Case(subject.name, images[0], Truth((label,)), identity, part=part))
    return found.listing("totalsegmentator", ", ".join(sorted(modalities)), organs)


def _root(folder: Path) -> Path:
    """The folder of the subjects: the one given, or the only one in it that has subjects."""
    if any(folder.glob(f"s*/{_SEGMENTATIONS}")):
        return folder
    inner = sorted({path.parents[1] for path in folder.glob(f"*/s*/{_SEGMENTATIONS}")})
    return inner[0] if len(inner) == 1 else folder


def _organs(subject: Path) -> list[str]:
    files = sorted((subject / _SEGMENTATIONS).glob("*.nii.gz"))
    return [stem(path) for path in files if not is_hidden(path)]


def _split(root: Path, found: Found) -> dict[str, Part]:
    path = root / "meta.csv"
    if not path.is_file():
        found.notes.append("no meta.csv: the official split is not known")
        return {}
    with open(path, newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    try:
        return {row["image_id"]: _PARTS[row["split"]] for row in rows if row["split"] in _PARTS}
    except KeyError as error:
        raise HermesError(f"{path} lacks the column {error}") from error
