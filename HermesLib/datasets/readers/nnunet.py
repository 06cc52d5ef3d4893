"""nnU-Net's raw format: ``imagesTr/CASE_0000.nii.gz``, ``labelsTr/CASE.nii.gz``, ``dataset.json``.

The first channel is read. Labels are numbers, or lists of numbers (regions). ``imagesTs`` with
``labelsTs`` is the test part.
"""

from typing import Any

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.folders import patient_identity, read_table
from HermesLib.datasets.readers.form import DataForm
from HermesLib.datasets.readers.listing import (
    Found,
    Listing,
    require_folder,
    require_organ,
    visible,
)
from HermesLib.datasets.splits import Part
from HermesLib.errors import HermesError

_FIRST = "_0000"


def list_nnunet(form: DataForm, organ: str = "") -> Listing:
    """The cases with a label; errors as of :func:`list_data`."""
    folder = require_folder(form.paths[0], "a data set in nnU-Net's format")
    table = read_table(folder)
    try:
        organs = _organs(table["labels"])
        named = table.get("channel_names") or table["modality"]
        channels = [str(name) for name in named.values()]
        ending = str(table.get("file_ending", ".nii.gz"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HermesError(f"the dataset.json in {folder} is not nnU-Net's: {error}") from error
    organ = organ or next(iter(organs), "")
    require_organ(organ, organs, str(folder))
    name = str(table.get("name") or folder.name).lower()
    found = Found()
    tested = (folder / "labelsTs").is_dir()
    parts: list[tuple[str, Part | None]] = [("Tr", "train" if tested else None)]
    parts += [("Ts", "test")] if tested else []
    for end, part in parts:
        labels = folder / f"labels{end}"
        for path in visible((folder / f"images{end}").glob(f"*{_FIRST}{ending}"), found):
            case = path.name.removesuffix(f"{_FIRST}{ending}")
            label = labels / f"{case}{ending}"
            if not label.is_file():
                found.skip(case, f"no file {labels.name}/{label.name}")
                continue
            truth = Truth((label,), organs[organ])
            found.cases.append(Case(case, path, truth, patient_identity(name, case), part=part))
    if len(channels) > 1:
        found.notes.append(f"the channel {channels[0]} is read, {', '.join(channels[1:])} not")
    modality = "CT" if "CT" in channels else "MR"
    return found.listing(name, modality, organs)


def _organs(labels: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Values by organ. The second version of the format has names first, the first one numbers."""
    if all(str(key).isdigit() for key in labels):
        labels = {name: int(value) for value, name in labels.items()}
    values = {
        str(name): tuple(int(one) for one in (value if isinstance(value, list) else [value]))
        for name, value in labels.items()
        if name not in ("background", "ignore")
    }
    return {name: numbers for name, numbers in values.items() if numbers != (0,)}
