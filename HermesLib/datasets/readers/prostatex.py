"""PROSTATE-X: the 328 studies (327 patients) of PI-CAI that its mapping file names.

With ``expert=FOLDER``, the truth is a reader's whole-gland mask of the repository
``rcuocolo/PROSTATEx_masks`` (``Files/prostate/mask_prostate/ProstateX-0000.nii.gz``), which 204
patients have.
"""

import re
from collections import Counter
from dataclasses import replace
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
from HermesLib.datasets.readers.picai import (
    MODALITY,
    ORGANS,
    is_study,
    picai_cases,
    read_mapping,
)
from HermesLib.errors import HermesError

#: Where the masks are below the repository.
_MASKS = Path("Files", "prostate", "mask_prostate")
#: One of the names lacks a digit (ProstateX-087), so that the number counts, not its width.
_NAME = re.compile(r"ProstateX-(\d+)", re.IGNORECASE)


def list_prostatex(form: DataForm, organ: str = "") -> Listing:
    """The mapped studies; errors as of :func:`list_data`, also for a missing mapping file."""
    require_organ(organ or ORGANS[0], ORGANS, "the data set")
    found = Found()
    labels = require_folder(form.paths[1], "the labels")
    mapping = read_mapping(labels)
    if not mapping:
        raise HermesError(f"{labels} has no ProstateX-mapping.json that names the studies")
    missing = Found()
    everyone = picai_cases(form, mapping, missing)
    found.cases = [case for case in everyone if case.part == "test"]
    found.skipped = [
        one for one in missing.skipped if one.name in mapping or not is_study(one.name)
    ]
    absent = len(set(mapping) - {case.patient for case in found.cases})
    if absent:
        found.notes.append(f"{absent} of {len(mapping)} mapped studies have no image or no mask")
    expert = form.path_named("expert")
    if expert is not None:
        found.cases = _with_experts(found, require_folder(expert, "expert masks"))
    return found.listing("prostatex", MODALITY, ORGANS)


def _with_experts(found: Found, folder: Path) -> list[Case]:
    """The cases of patients with an expert mask, which becomes their truth."""
    if (folder / _MASKS).is_dir():
        folder = folder / _MASKS
    masks = {}
    for path in visible(folder.glob("*.nii.gz"), found):
        match = _NAME.fullmatch(stem(path))
        if match is None:
            found.skip(path.name, "not named ProstateX-NUMBER.nii.gz")
        else:
            masks[f"prostatex-{int(match[1])}"] = path
    if not masks:
        raise HermesError(f"no ProstateX-*.nii.gz in {folder}")
    studies = Counter(case.identity for case in found.cases)
    cases = []
    for case in found.cases:
        if case.identity not in masks:
            found.skip(case.patient, "no expert mask of this patient")
        elif studies[case.identity] > 1:
            found.skip(case.patient, "two studies, and the expert mask does not say of which")
        else:
            cases.append(replace(case, truth=Truth((masks[case.identity],))))
    return cases
