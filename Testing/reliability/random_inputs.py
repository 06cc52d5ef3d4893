"""Random images and masks, whole and damaged, through a run: right, refused, or a failure.

Reading, orientation, loop and writing are real. A network is not needed to see whether a result
lies where it belongs, so the quality control is one that can be computed by hand.
"""

import shutil
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.masks import write_mask
from HermesLib.io.staged_folder import staged_folder
from HermesLib.notices import heard_by
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import AssessRequest
from HermesLib.runs.results import result_masks
from HermesLib.runs.run import Run
from Testing.refinement.analytic import OrganQuality

_SUFFIXES = (*[".nii", ".nii.gz", ".nrrd", ".mha"] * 3, ".mhd", ".png", ".tif", "")
_DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8")
_WHOLE_RESULTS = 0.03
#: The same place within so many millimetres: NIfTI keeps 32-bit numbers.
_CLOSE_MM = 0.01


@dataclass
class Found:
    """What came of the inputs.

    Attributes:
        counts: how many were ``right``, ``refused``, ``wrong`` or a ``failure``.
        examples: one line for each wrong result and failure.
    """

    counts: Counter = field(default_factory=lambda: Counter(right=0, refused=0, wrong=0, failure=0))
    examples: list[str] = field(default_factory=list)


class _ByHand(ModelCache):
    """Gives the quality control that can be computed by hand."""

    def quality(self, *_words: Any) -> Any:
        """It, whatever was asked for."""
        return OrganQuality()


def try_inputs(folder: Path, count: int, first: int = 0) -> Found:
    """Judge so many random masks of random images.

    Args:
        folder: for the files; empty at the end.
        count: how many.
        first: seed of the first one; the others count from there.
    """
    found = Found()
    warnings.simplefilter("ignore")
    for seed in range(first, first + count):
        case = folder / str(seed)
        case.mkdir()
        words = _try(case, np.random.default_rng(seed))
        kind = words.split(":")[0]
        found.counts[kind] += 1
        if kind in ("wrong", "failure"):
            found.examples.append(f"{seed} {words}")
        shutil.rmtree(case)
    return found


def _try(folder: Path, generator: np.random.Generator) -> str:
    image = _image(generator)
    path = folder / f"image{generator.choice(_SUFFIXES)}"
    try:
        SimpleITK.WriteImage(image, str(path))
    except (RuntimeError, TypeError):
        path.write_bytes(generator.bytes(int(generator.integers(0, 400))))
    mask_image, values = _mask(image, generator)
    mask_path = folder / "mask.nii.gz"
    SimpleITK.WriteImage(mask_image, str(mask_path))
    damaged = _damage(generator.choice([path, mask_path]), generator)
    request = AssessRequest(image=path, mask=mask_path, device="cpu", slices_at_once=1)
    output = folder / "out"
    try:
        with heard_by(lambda notice: None), staged_folder(output) as staging:
            # The overview takes most of the time; a share of the runs draws it.
            whole = generator.random() < _WHOLE_RESULTS
            outcome = Run(request, _ByHand()).execute(output=staging if whole else None)
            if not whole:
                volume = outcome.opened.inputs.volume
                mask, _pgt = result_masks(outcome.results, volume.array.shape)
                write_mask(staging / "segmentation.nii.gz", mask, volume)
    except HermesError as error:
        one_line = "\n" not in str(error) and 10 < len(str(error)) < 400
        nothing = not output.exists() and not list(folder.glob(".hermes*"))
        return "refused" if one_line and nothing else f"failure: refused badly: {error}"
    except Exception as error:
        return f"failure: {type(error).__name__}: {error}"
    return _right(output / "segmentation.nii.gz", image, values, damaged)


def _right(path: Path, image: SimpleITK.Image, values: np.ndarray, damaged: bool) -> str:
    """Whether the result is the mask that was given, on the grid of the image."""
    result = SimpleITK.ReadImage(str(path))
    if damaged:
        return "right"  # Nobody can know what was meant; it must only be whole.
    grid = SimpleITK.JoinSeries([image]) if image.GetDimension() == 2 else image
    if image.GetDimension() == 4:
        grid = image[:, :, :, 0]  # Of several volumes in time, only a single one is taken.
    if result.GetSize() != grid.GetSize():
        return f"wrong: size {result.GetSize()} for {grid.GetSize()}"
    last = [length - 1 for length in grid.GetSize()]
    corners = ([0, 0, 0], last)
    places = [
        np.subtract(
            result.TransformIndexToPhysicalPoint(corner), grid.TransformIndexToPhysicalPoint(corner)
        )
        for corner in corners
    ]
    if np.abs(places).max() > _CLOSE_MM * max(1.0, *grid.GetSpacing()):
        return f"wrong: {np.abs(places).max():g} mm away"
    if not np.array_equal(SimpleITK.GetArrayFromImage(result).reshape(values.shape) > 0, values):
        return "wrong: other voxels"
    return "right"


def _image(generator: np.random.Generator) -> SimpleITK.Image:
    dimensions = int(generator.choice([3, 3, 3, 3, 3, 2, 4]))
    size = [int(side) for side in generator.integers(1, 20, dimensions)]
    dtype = np.dtype(generator.choice(_DTYPES))
    scale = 100.0 if dtype.kind in "iu" else 1000.0
    values = np.abs(generator.normal(scale, scale / 4, size[::-1]))
    kind = generator.choice(["plain"] * 8 + ["constant", "nan", "inf", "negative", "vector"])
    if kind == "constant":
        values[:] = 7
    if kind == "negative":
        values = -values
    array = np.clip(values, 0, 120).astype(dtype) if dtype.kind in "iu" else values.astype(dtype)
    if kind in ("nan", "inf") and dtype.kind == "f":
        array.reshape(-1)[0] = np.nan if kind == "nan" else np.inf
    if kind == "vector" and dimensions == 3:
        return SimpleITK.GetImageFromArray(np.stack([array] * 3, -1), isVector=True)
    image = SimpleITK.GetImageFromArray(array, isVector=False)
    image.SetSpacing([float(step) for step in generator.uniform(0.2, 8, dimensions)])
    image.SetOrigin([float(place) for place in generator.uniform(-200, 200, dimensions)])
    if dimensions == 3:
        image.SetDirection(_direction(generator).ravel().tolist())
    return image


def _direction(generator: np.random.Generator) -> np.ndarray:
    """A right-angled orientation: along the axes, oblique, or mirrored."""
    axes = np.eye(3)[generator.permutation(3)] * generator.choice([-1.0, 1.0], 3)
    if generator.random() < 0.5:
        angles, _ = np.linalg.qr(generator.normal(size=(3, 3)))
        return angles @ axes
    return axes


def _mask(image: SimpleITK.Image, generator: np.random.Generator) -> tuple[Any, np.ndarray]:
    """A mask on the image's grid, and its voxels."""
    shape = image.GetSize()[::-1]
    kind = generator.choice(["block", "block", "noise", "empty", "full", "voxel"])
    values = np.zeros(shape, np.uint8)
    if kind == "block":
        values[tuple(slice(side // 4, side // 4 + max(1, side // 2)) for side in shape)] = 1
    if kind == "noise":
        values = (generator.random(shape) > 0.7).astype(np.uint8)
    if kind == "full":
        values[:] = 1
    if kind == "voxel":
        values[tuple(int(generator.integers(0, side)) for side in shape)] = 1
    mask = SimpleITK.GetImageFromArray(values, isVector=False)
    if mask.GetDimension() == image.GetDimension():
        mask.CopyInformation(image)
    return mask, values > 0


def _damage(path: Path, generator: np.random.Generator) -> bool:
    """Cut a file off, or change some of its bytes, now and then."""
    if generator.random() > 0.3:
        return False
    content = bytearray(path.read_bytes())
    if generator.random() < 0.5:
        del content[int(generator.integers(0, len(content) + 1)) :]
    elif content:
        for _ in range(int(generator.integers(1, 20))):
            content[int(generator.integers(0, len(content)))] = int(generator.integers(0, 256))
    path.write_bytes(content)
    return True
