"""The tasks of a cohort: which volumes there are, and the mask and the guide of each."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.pairing import holds_dicom, image_files, is_image, mask_of, stem_of
from HermesLib.io.suffixes import PNG, VOLUME_SUFFIXES

#: Tables of images, one a line.
LIST_SUFFIXES = (".txt", ".csv")


@dataclass(frozen=True)
class Task:
    """One volume.

    Attributes:
        name: unique in the cohort; its results are in a folder of this name.
        image: file or DICOM folder; None where the image becomes a file when its turn comes.
        mask: file of a mask made elsewhere; None where the volume is segmented.
        guide: file or spec of the guide of this volume (:mod:`HermesLib.guides`).
        organ: an organ without a preset, where the tasks are of different organs.
        labels, guide_labels: its values in mask and guide, where these hold several organs.
        note: what must be known of the task, in one line; empty as a rule.
        problem: why the task cannot be done, in one line; empty if it can.
    """

    name: str
    image: Path | None
    mask: Path | None = None
    problem: str = ""
    guide: str | None = None
    organ: str | None = None
    labels: tuple[int, ...] | None = None
    guide_labels: tuple[int, ...] | None = None
    note: str = ""


def find_tasks(
    sources: Sequence[Path],
    masks: Path | None = None,
    organ: str | None = None,
    guides: Path | None = None,
) -> list[Task]:
    """The volumes of folders, files and lists, in their order.

    A folder has images, folders of DICOM series, or the files of one series. A list is a text file
    with a path on each line, or a CSV file with the columns ``image``, ``mask`` and ``guide``; its
    paths are relative to it.

    Args:
        sources: at least one.
        masks: folder with a mask for each image, paired by :func:`HermesLib.io.pairing.mask_of`.
        organ: name of the file of a mask or guide, where each image has a folder of them.
        guides: folder with a guide for each image, paired as masks are.

    Raises:
        HermesError: a source that does not exist or has no images; a list that cannot be read.
    """
    for folder, called in ((masks, "masks"), (guides, "guides")):
        if folder is not None and not folder.is_dir():
            raise HermesError(f"no folder {folder} with {called}")
    tasks = [task for source in sources for task in _tasks_of(source)]
    if masks is not None:
        tasks = [_with_mask(task, masks, organ) for task in tasks]
    if guides is not None:
        tasks = [_with_guide(task, guides, organ) for task in tasks]
    return unique_names(tasks)


def unique_names(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, with a number behind names that others have already, whatever their case.

    >>> [task.name for task in unique_names([Task("a", None), Task("A", None)])]
    ['a', 'A-2']
    """
    taken: set[str] = set()
    named = []
    for task in tasks:
        name, number = task.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{task.name}-{number}"
        taken.add(name.casefold())
        named.append(replace(task, name=name))
    return named


def masks_without_image(tasks: Sequence[Task], masks: Path) -> list[str]:
    """Names of the masks in a folder that no task uses."""
    used = {task.mask for task in tasks}
    return [path.name for path in image_files(masks) if path not in used]


def _with_mask(task: Task, masks: Path, organ: str | None) -> Task:
    if task.image is None or task.mask is not None:
        return task
    try:
        return replace(task, mask=mask_of(task.image, masks, organ))
    except HermesError as error:
        return replace(task, problem=str(error))


def _with_guide(task: Task, guides: Path, organ: str | None) -> Task:
    if task.image is None or task.guide is not None or task.problem:
        return task
    try:
        return replace(task, guide=str(mask_of(task.image, guides, organ, "guide")))
    except HermesError as error:
        return replace(task, problem=str(error))


def _tasks_of(source: Path) -> list[Task]:
    if source.is_file() and source.suffix.lower() in LIST_SUFFIXES:
        return list(_listed(source))
    if source.is_dir():
        images = [path for path in sorted(source.iterdir()) if is_image(path)]
        if not images and holds_dicom(source):
            images = [source]
        if not images:
            raise HermesError(
                f"no images in {source.name}; use a folder of {', '.join(VOLUME_SUFFIXES)} or"
                f" {PNG} files or of DICOM series, or a list of paths (.txt, .csv)"
            )
        return [Task(stem_of(path), path) for path in images]
    if not source.exists():
        raise HermesError(f"no file or folder {source}")
    return [Task(stem_of(source), source)]


def _listed(path: Path) -> Iterator[Task]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise HermesError(f"{path.name} is not a text in UTF-8") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [{"image": line} for line in lines]
    if path.suffix.lower() == ".csv":
        rows = list(csv.DictReader(lines))
        if rows and "image" not in rows[0]:
            raise HermesError(f"{path.name} has no column 'image'")
    if not rows:
        raise HermesError(f"{path.name} lists no images")
    for row in rows:
        image = path.parent / (row["image"] or "").strip()
        mask, guide = ((row.get(column) or "").strip() for column in ("mask", "guide"))
        yield Task(
            stem_of(image),
            image,
            path.parent / mask if mask else None,
            "" if image.exists() else f"no file or folder {image.name}",
            str(path.parent / guide) if guide else None,
        )
