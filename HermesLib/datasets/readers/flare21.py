"""FLARE21: abdominal CT, labels 1 liver, 2 kidney, 3 spleen, 4 pancreas; 361 masks are public.

Images end in ``_0000.nii.gz``, their masks have the same name without it. The folders' names
differ between downloads (``TrainingImg``, ``TrainImage``, ...), so that files are joined by name,
wherever they lie below the folder.
"""

from collections import defaultdict
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

VALUES = {"liver": 1, "kidney": 2, "spleen": 3, "pancreas": 4}
_IMAGE = "_0000"


def list_flare21(form: DataForm, organ: str = "") -> Listing:
    """The images with a mask; errors as of :func:`list_data`."""
    folder = require_folder(form.paths[0], "images and masks")
    organ = organ or "spleen"
    require_organ(organ, VALUES, str(folder))
    found = Found()
    masks: dict[str, list[Path]] = defaultdict(list)
    images = []
    for path in visible(folder.rglob("*.nii.gz"), found):
        if stem(path).endswith(_IMAGE):
            images.append(path)
        else:
            masks[stem(path)].append(path)
    seen: set[str] = set()
    for path in images:
        name = stem(path).removesuffix(_IMAGE)
        if name in seen:
            found.skip(path.name, "a second image of this name")
        elif not masks[name]:
            found.skip(name, "no mask, as of validation and test images")
        elif len(masks[name]) > 1:
            found.skip(name, "several masks of this name")
        else:
            truth = Truth(tuple(masks[name]), (VALUES[organ],))
            found.cases.append(Case(name, path, truth, f"flare21-{name}"))
        seen.add(name)
    for name in sorted(set(masks) - seen):
        found.skip(name, "a mask without an image")
    return found.listing("flare21", "CT", VALUES)
