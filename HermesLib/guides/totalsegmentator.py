"""TotalSegmentator as a guide: what it has written already, or a run of its documented Python API.

Its output is a folder with one mask for each structure, or one file with a label for each
(``--ml``), whose header names them.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap, guide_map
from HermesLib.guides.organ_labels import choose_labels, listed_names
from HermesLib.guides.programs.organ_names import organ_names
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest
from HermesLib.io.mask_values import GUIDE
from HermesLib.io.masks import read_mask
from HermesLib.io.suffixes import NIFTI_SUFFIXES
from HermesLib.notices import notice

#: Its tasks by modality.
_TASKS = {"CT": "total", "MR": "total_mr"}
#: What the header of a file with many labels says of each.
_LABEL = re.compile(rb'<Label Key="(\d+)"[^>]*><!\[CDATA\[([^\]]*)\]\]></Label>')


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    """The organ's mask.

    Raises:
        HermesError: no such structure; see also
            :func:`HermesLib.guides.external.draw_by_program`.
    """
    if request.path is None:
        if request.labels is not None:
            raise HermesError(f"{entry.title} goes by names; leave --guide-labels out")
        notice(
            "guide-downloads",
            "TotalSegmentator downloads its weights at its first run and sends statistics of its"
            " use to its authors, unless its own settings say otherwise",
        )
        arguments = {
            "task": _TASKS[request.organ.modality],
            "organ": request.organ.organ_label,
        }
        return draw_by_program(entry, request, arguments)
    read = _read_folder if request.path.is_dir() else _read_labels
    return guide_map(read(request.path, request), entry.name)


def _read_folder(folder: Path, request: GuideRequest) -> np.ndarray:
    """The organ's files of a folder, together, (N, H, W) bool.

    Raises:
        HermesError: none has the organ's name, or all are empty.
    """
    suffixes = tuple(suffix for suffix in NIFTI_SUFFIXES)
    files = {
        path.name.removesuffix(suffix): path
        for suffix in suffixes
        for path in sorted(folder.glob(f"*{suffix}"))
    }
    organ = request.organ.organ_label
    found = organ_names(organ, files)
    if not found:
        holds = listed_names(files) if files else "no NIfTI file"
        raise HermesError(f"the guide's folder has no file of '{organ}'; it holds {holds}")
    masks = [read_mask(files[name], request.volume, (), GUIDE) for name in found]
    return np.logical_or.reduce(masks)


def _read_labels(path: Path, request: GuideRequest) -> np.ndarray:
    """The organ in a file of many labels, (N, H, W) bool.

    Raises:
        HermesError: none has the organ's name and the user chooses none; several without names.
    """
    names = _names_in_header(path)
    labels = request.labels
    if names:
        labels = choose_labels(names, request.organ.organ_label, labels, "the guide")
    return read_mask(path, request.volume, labels, GUIDE)


def _names_in_header(path: Path) -> dict[int, str]:
    """The labels' names that TotalSegmentator writes into a NIfTI file; empty if there are none."""
    if not path.name.lower().endswith(NIFTI_SUFFIXES):
        return {}
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        header: Any = nibabel.load(path).header
    except (ImageFileError, OSError, ValueError) as error:
        raise HermesError("the guide cannot be read as an image: damaged or cut off") from error
    contents = [_bytes(extension.get_content()) for extension in header.extensions]
    found = _LABEL.findall(b"".join(contents))
    return {int(value): name.decode(errors="replace") for value, name in found}


def _bytes(content: bytes | str) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
