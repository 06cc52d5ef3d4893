"""The organs of one image as the tasks of a cohort: a folder of masks, or one label map."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.cohorts.task import Task, unique_names
from HermesLib.errors import HermesError
from HermesLib.guides.registry import split_spec
from HermesLib.io.image_files import read_label_image
from HermesLib.io.pairing import image_files, stem_of
from HermesLib.notices import heard_by
from HermesLib.presets.organs import organ_preset

_OTHER = "other"


@dataclass(frozen=True)
class OrganTasks:
    """What there is to judge.

    Attributes:
        tasks: one an organ.
        empty: names of the organs that neither mask nor guide shows: there is nothing to judge.
        unmatched: names of guides without a mask.
    """

    tasks: list[Task]
    empty: list[str]
    unmatched: list[str]


def organ_tasks(
    image: Path,
    masks: Path,
    guide: str | None = None,
    names: Mapping[int, str] | None = None,
) -> OrganTasks:
    """A task for each organ of an image.

    Args:
        image: file or DICOM folder.
        masks: folder with a mask for each organ, named by it (``liver.nii.gz``), as
            TotalSegmentator writes it; or one label map.
        guide: the same of the guides, or what else :mod:`HermesLib.guides` takes, for all organs.
        names: of the values of a label map.

    Raises:
        HermesError: no masks, a label map without names or with a value that has none, a guide
            that cannot be read.
    """
    given = _parts(masks, names, "masks")
    if not given:
        raise HermesError(f"{masks.name} has no masks; give a file for each organ: liver.nii.gz")
    guides: dict[str, _Part] | None = None
    if guide is not None and Path(guide).is_dir():
        guides = _parts(Path(guide), names, "guides")
    elif guide is not None and split_spec(guide)[0].name == "file":
        if names is None and len(given) > 1:
            raise HermesError(
                f"one guide, {Path(guide).name}, for {len(given)} organs; name a folder with a"
                " guide for each organ, or the values of the guide with --label-names TABLE"
            )
        _entry, path = split_spec(guide)
        guides = None if names is None or path is None else _parts(path, names, "guides")
    tasks, empty = [], []
    for name, part in given.items():
        known = None if guides is None else guides.get(name)
        if part.empty and (guides is None or known is None or known.empty):
            empty.append(name)
            continue
        chosen = guide if guides is None else known
        tasks.append(_task(image, name, part, chosen, guided=guide is not None))
    unmatched = [
        name for name, known in (guides or {}).items() if name not in given and not known.empty
    ]
    return OrganTasks(unique_names(tasks), empty, unmatched)


def organ_of(name: str) -> str | None:
    """The organ that a mask's name means; None for a structure that is not among the organs.

    >>> organ_of("kidney_left"), organ_of("vertebrae_L1")
    ('kidney_left', None)
    """
    try:
        organ_preset(name, "CT")
    except HermesError:
        return None
    return name


@dataclass(frozen=True)
class _Part:
    """One organ of a folder or label map."""

    path: Path
    labels: tuple[int, ...] | None
    empty: bool


def _parts(path: Path, names: Mapping[int, str] | None, called: str) -> dict[str, _Part]:
    """The organs by name."""
    if path.is_dir():
        parts: dict[str, _Part] = {}
        for file in image_files(path):
            if stem_of(file) in parts:
                raise HermesError(f"several {called} are named {stem_of(file)}; keep one")
            parts[stem_of(file)] = _Part(file, None, _is_empty(file))
        return parts
    found = _values(path)
    if names is None:
        raise HermesError(
            f"name the organs of {path.name} with --label-names TABLE; it has the values"
            f" {', '.join(map(str, found))}"
        )
    if unknown := [str(value) for value in found if value not in names]:
        raise HermesError(f"the table names no organ for the values {', '.join(unknown)}")
    return {
        name: _Part(path, (value,), value not in found) for value, name in sorted(names.items())
    }


def _task(image: Path, name: str, part: _Part, guide: str | _Part | None, *, guided: bool) -> Task:
    organ = organ_of(name)
    note = "" if organ else f"'{name}' is not among the organs and is taken as any structure"
    spec, guide_labels = guide, None
    if isinstance(guide, _Part):
        spec, guide_labels = str(guide.path), guide.labels
    return Task(
        name,
        image,
        part.path,
        f"no guide named {name}" if guided and guide is None else "",
        guide=spec if isinstance(spec, str) else None,
        organ=organ or _OTHER,
        labels=part.labels,
        guide_labels=guide_labels,
        note=note,
    )


def _is_empty(path: Path) -> bool:
    """Whether a mask has no voxel; one that cannot be read fails when its turn comes."""
    try:
        return not _values(path)
    except HermesError:
        return False


def _values(path: Path) -> list[int]:
    """The whole numbers besides 0 among a mask's values; 1 stands for probabilities."""
    with heard_by(lambda notice: None):
        image = read_label_image(path)
    values = np.unique(SimpleITK.GetArrayViewFromImage(image))
    return sorted({int(value) or 1 for value in values.tolist() if value})
