"""AMOS22: abdominal CT (ids below 500) and MR, 15 organs in one label map.

``imagesTr``/``labelsTr`` train, ``imagesVa``/``labelsVa`` validate; test labels are not public.
"""

import re

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

#: "prostate/uterus" is one label of both sexes, so that it is no prostate.
ORGANS = (
    "spleen",
    "right kidney",
    "left kidney",
    "gall bladder",
    "esophagus",
    "liver",
    "stomach",
    "aorta",
    "postcava",
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
    "duodenum",
    "bladder",
    "prostate/uterus",
)
#: The first id of an MR.
_FIRST_MR = 500
_PARTS: tuple[tuple[str, str, Part], ...] = (
    ("imagesTr", "labelsTr", "train"),
    ("imagesVa", "labelsVa", "validation"),
)
_NAME = re.compile(r"amos_(\d+)")


def list_amos(form: DataForm, organ: str = "") -> Listing:
    """The images of training and validation; errors as of :func:`list_data`."""
    folder = require_folder(form.paths[0], "imagesTr and labelsTr")
    organ = organ or ORGANS[0]
    require_organ(organ, ORGANS, str(folder))
    wanted = form.word()
    found = Found()
    others = 0
    for images, labels, part in _PARTS:
        if not (folder / images).is_dir():
            found.notes.append(f"no folder {images}")
            continue
        for path in visible((folder / images).glob("*.nii.gz"), found):
            match = _NAME.fullmatch(stem(path))
            if match is None:
                found.skip(path.name, "not named amos_NUMBER.nii.gz")
                continue
            modality = "ct" if int(match[1]) < _FIRST_MR else "mr"
            label = folder / labels / path.name
            if wanted and modality != wanted:
                others += 1
            elif not label.is_file():
                found.skip(path.name, f"no file {labels}/{path.name}")
            else:
                truth = Truth((label,), (ORGANS.index(organ) + 1,))
                identity = f"amos-{int(match[1])}"
                found.cases.append(Case(stem(path), path, truth, identity, part=part))
    if not found.cases and not found.skipped and not others:
        raise HermesError(f"{folder} holds no imagesTr/amos_*.nii.gz")
    if others:
        found.skip(f"{others} images", f"not {wanted.upper()}")
    if not wanted:
        found.notes.append("CT and MR together; add :ct or :mr to read one of them")
    return found.listing("amos", wanted.upper() or "CT, MR", ORGANS)
