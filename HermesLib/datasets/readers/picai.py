"""PI-CAI: 1500 studies of 1476 patients, T2-weighted MR with whole-gland masks by an algorithm.

Images: ``IMAGES/PATIENT/PATIENT_STUDY_t2w.mha``, also below the folders of the five archives.
Labels (the repository ``DIAGNijmegen/picai_labels``):
``anatomical_delineations/whole_gland/AI/Bosma22b/PATIENT_STUDY.nii.gz``. 328 studies are those of
PROSTATE-X; ``additional_resources/ProstateX-mapping.json`` names them. They are the test part and
keep one identity, ``prostatex-N``, in whatever form they are read.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.readers.form import DataForm
from HermesLib.datasets.readers.listing import (
    Found,
    Listing,
    require_folder,
    require_organ,
    stem,
    visible,
)
from HermesLib.datasets.splits import Part
from HermesLib.errors import HermesError

ORGANS = ("prostate",)
MODALITY = "MR"
#: Names of the algorithms' folders by the option that chooses one.
_TRUTHS = {"bosma22b": "Bosma22b", "guerbet23": "Guerbet23"}
_WHOLE_GLAND = Path("anatomical_delineations", "whole_gland", "AI")
_MAPPING = Path("additional_resources", "ProstateX-mapping.json")
_STUDY = re.compile(r"(\d+)_(\d+)(_t2w)?")
_MAPPED = re.compile(r"ProstateX-(\d+)(?:_.*)?", re.IGNORECASE)


def list_picai(form: DataForm, organ: str = "") -> Listing:
    """The studies with an image and a mask; errors as of :func:`list_data`."""
    require_organ(organ or ORGANS[0], ORGANS, "the data set")
    found = Found()
    labels = require_folder(form.paths[1], "the labels")
    mapping = read_mapping(labels)
    if mapping is None:
        mapping = {}
        found.notes.append(
            f"no {_MAPPING.as_posix()} in {labels}: which patients are PROSTATE-X's is not known"
        )
    found.cases = picai_cases(form, mapping, found)
    return found.listing("picai", MODALITY, ORGANS)


def picai_cases(form: DataForm, mapping: Mapping[str, int], found: Found) -> list[Case]:
    """Studies that have both an image and a mask; the others are noted as skipped.

    Args:
        form: with the folders of images and labels, and which algorithm's masks are the truth.
        mapping: indices of PROSTATE-X by study.
        found: takes what is skipped.

    Raises:
        HermesError: no such folder.
    """
    images = require_folder(form.paths[0], "the images")
    folder = Path(form.paths[1]) / _WHOLE_GLAND / _TRUTHS[form.word("bosma22b")]
    masks = {
        stem(path): path
        for path in visible(require_folder(folder, "whole-gland masks").glob("*.nii.gz"), found)
    }
    paths = [*images.glob("*/*_t2w.mha"), *images.glob("*/*/*_t2w.mha")]
    cases = []
    seen: set[str] = set()
    for path in visible(paths, found):
        match = _STUDY.fullmatch(path.stem)
        if match is None:
            found.skip(path.name, "not named PATIENT_STUDY_t2w.mha")
            continue
        study = f"{match[1]}_{match[2]}"
        if study in seen:
            found.skip(path.name, "a second file of the same study")
            continue
        seen.add(study)
        if study not in masks:
            found.skip(study, f"no mask in {folder.name}")
            continue
        index = mapping.get(study)
        identity = f"picai-{int(match[1])}" if index is None else f"prostatex-{index}"
        other: Part = "train" if index is None else "test"
        part = other if mapping else None
        cases.append(Case(study, path, Truth((masks[study],)), identity, part=part))
    for study in sorted(set(masks) - seen):
        found.skip(study, "no T2-weighted image")
    return cases


def is_study(name: str) -> bool:
    """Whether a name is that of a study, ``PATIENT_STUDY``."""
    return _STUDY.fullmatch(name) is not None


def read_mapping(labels: Path) -> dict[str, int] | None:
    """Indices of PROSTATE-X patients by study (``PATIENT_STUDY``); None without the file.

    Raises:
        HermesError: another structure.
    """
    path = labels / _MAPPING
    if not path.is_file():
        return None
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {study: _index(name) for name, study in table.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise HermesError(f"{path} is no table of PROSTATE-X names and studies") from error


def _index(name: str) -> int:
    match = _MAPPED.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return int(match[1])
