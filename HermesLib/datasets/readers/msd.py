"""Medical Segmentation Decathlon: a task's folder with ``dataset.json``.

Task05_Prostate is 4D (T2, then ADC) and labels zones; the gland is their union. Organs with a
tumour of their own are the union of both.
"""

from pathlib import Path
from typing import Any

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.folders import entry_identity, read_volume_table
from HermesLib.datasets.readers.form import DataForm
from HermesLib.datasets.readers.listing import (
    Found,
    Listing,
    require_folder,
    require_organ,
    visible,
)
from HermesLib.errors import HermesError

#: Organs that are the union of several labels, by their names in capitals.
_UNIONS = {
    "prostate": {"PZ", "TZ"},
    "liver": {"LIVER", "CANCER"},
    "pancreas": {"PANCREAS", "CANCER"},
}


def list_msd(form: DataForm, organ: str = "") -> Listing:
    """The training images of a task; errors as of :func:`list_data`."""
    folder = require_folder(form.paths[0], "a task")
    table = read_volume_table(folder)
    try:
        organs = _organs(table["labels"])
        modalities = list(table["modality"].values())
        name = str(table["name"]).lower()
        entries = [(entry["image"], entry["label"]) for entry in table["training"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HermesError(f"the dataset.json in {folder} is not that of a task: {error}") from error
    organ = organ or next(iter(organs))
    require_organ(organ, organs, str(folder))
    found = Found()
    visible(folder.glob("*/*.nii.gz"), found)
    channel = 0 if len(modalities) > 1 else None
    for image, label in entries:
        paths = [folder / image, folder / label]
        if missing := [path for path in paths if not path.is_file()]:
            found.skip(Path(image).name, f"no file {missing[0].parent.name}/{missing[0].name}")
            continue
        case = Path(image).name.split(".")[0]
        truth = Truth((paths[1],), organs[organ])
        identity = entry_identity(f"msd-{name}", image)
        found.cases.append(Case(case, paths[0], truth, identity, channel))
    if channel is not None:
        found.notes.append(f"4D images: {modalities[0]} is read, {', '.join(modalities[1:])} not")
    if unlabelled := len(table.get("test", [])):
        found.notes.append(f"{unlabelled} test images have no label and are not read")
    modality = "CT" if "CT" in modalities else "MR"
    return found.listing(f"msd-{name}", modality, organs)


def _organs(labels: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Values by organ: unions first, then the labels themselves."""
    values = {str(name): int(value) for value, name in labels.items() if int(value) != 0}
    capitals = {name.upper(): value for name, value in values.items()}
    unions = {
        organ: tuple(sorted(capitals[part] for part in parts))
        for organ, parts in _UNIONS.items()
        if parts <= set(capitals)
    }
    single = {name: (value,) for name, value in values.items() if name not in unions}
    return {**unions, **single}
