"""Examples of other cases: a folder with images and their masks."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from HermesLib.datasets.slices import shrink
from HermesLib.errors import HermesError
from HermesLib.io.label_values import label_values
from HermesLib.io.mask_values import Labels
from HermesLib.io.masks import read_mask
from HermesLib.io.pairing import is_image, mask_of
from HermesLib.io.volumes import Volume, read_volume
from HermesLib.notices import notice
from HermesLib.presets.preset import Preset
from HermesLib.prompts.examples import Example
from HermesLib.runs.request import RefineRequest

#: Names of the folder of masks beside the folder ``images``.
_MASKS = ("masks", "labels")
#: Slices of a case, evenly over those with the organ: neighbouring slices are nearly the same.
_SLICES_OF_CASE = 8
#: Longest side of an example, pixels: a network reads 128.
_SIDE = 256


@dataclass(frozen=True, eq=False)
class GivenExamples:
    """The examples that a user gives.

    Attributes:
        examples: numbered in the order of the cases' names.
        sha256: of their images and masks.
    """

    examples: tuple[Example, ...]
    sha256: str


def given_examples(request: RefineRequest, preset: Preset, volume: Volume) -> GivenExamples | None:
    """The examples that a request names, if it does; see :func:`read_examples`."""
    if request.examples is None:
        return None
    return read_examples(request.examples, preset, volume, request.example_labels)


def read_examples(
    folder: Path, preset: Preset, volume: Volume, labels: Labels = None
) -> GivenExamples:
    """Read the slices of a folder's cases that show the organ.

    Args:
        folder: with the folders ``images`` and ``masks`` (or ``labels``), paired by name.
        preset: how intensities are scaled.
        volume: the image that is segmented; where it is among the cases, it is no example.
        labels: the organ's values in masks with several organs.

    Raises:
        HermesError: another folder, a case without a mask, a file that cannot be read, or no slice
            with the organ.
    """
    examples: list[Example] = []
    digest = hashlib.sha256()
    for case in _pairs(folder):
        image = read_volume(case.image)
        if image.shape == volume.shape and np.array_equal(image.array, volume.array):
            notice(
                "example-of-itself",
                "one of the examples is the image itself, with its mask; it is left out",
            )
            continue
        mask = read_mask(case.mask, image, labels, f"the mask {case.mask.name} of an example")
        scaled = image.normalise(preset.intensity)
        for index in _spread(np.flatnonzero(mask.any((1, 2)))):
            picture, outline = shrink(scaled[index], mask[index].astype(np.uint8), _SIDE)
            assert outline is not None
            pixels = picture.astype(np.float32) / 255
            one = Example(len(examples), pixels, outline > 0, given=True, patient=case.name)
            examples.append(one)
            for array in (one.image, one.mask):
                digest.update(str(array.shape).encode() + array.tobytes())
    if not examples:
        raise HermesError(f"no mask of the examples in {folder.name} shows anything")
    return GivenExamples(tuple(examples), digest.hexdigest())


def example_labels(folder: Path) -> tuple[int, ...]:
    """The labels that the first case's mask holds, besides 0.

    Raises:
        HermesError: another folder than :func:`read_examples` takes, or no label map.
    """
    return label_values(next(_pairs(folder)).mask)


@dataclass(frozen=True)
class _Pair:
    name: str
    image: Path
    mask: Path


def _pairs(folder: Path) -> Iterator[_Pair]:
    if not folder.is_dir():
        raise HermesError(f"no folder {folder.name} with examples")
    masks = next((folder / name for name in _MASKS if (folder / name).is_dir()), None)
    if masks is None or not (folder / "images").is_dir():
        raise HermesError(
            f"{folder.name} has no folders 'images' and 'masks'; put the examples there, an image"
            " and its mask under the same name"
        )
    images = [path for path in sorted((folder / "images").iterdir()) if is_image(path)]
    if not images:
        raise HermesError(f"there are no images in {folder.name}/images")
    for path in images:
        yield _Pair(path.name, path, mask_of(path, masks))


def _spread(indices: np.ndarray) -> list[int]:
    """At most :data:`_SLICES_OF_CASE` of the indices, evenly and without the ends."""
    count = min(len(indices), _SLICES_OF_CASE)
    places = ((np.arange(count) + 0.5) * len(indices) / max(count, 1)).astype(int)
    return [int(index) for index in indices[places]]
