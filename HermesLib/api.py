"""Refine and assess images from Python: an image in, a :class:`RefinementResult` out."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.mask_values import INITIAL, TRUTH, Labels
from HermesLib.io.masks import mask_from_array, mask_from_image, read_mask
from HermesLib.io.volumes import (
    Volume,
    read_volume,
    volume_from_array,
    volume_from_image,
)
from HermesLib.notices import Notice, heard_by, log_notice
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.inputs import RunSources
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.opening import InMemory
from HermesLib.runs.refinement_result import RefinementResult
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest, SliceRange
from HermesLib.runs.run import Run

__all__ = ["ImageLike", "RefinementResult", "Spacing", "assess", "refine"]

#: A file or DICOM folder, an array (H, W) or (N, H, W), or a SimpleITK image.
ImageLike: TypeAlias = Path | str | np.ndarray | SimpleITK.Image
#: Spacing in mm: from slice to slice, row to row, column to column; or of rows and columns only.
Spacing: TypeAlias = tuple[float, float, float] | tuple[float, float]


def refine(
    image: ImageLike,
    preset: str = "prostate-t2",
    *,
    spacing: Spacing | None = None,
    series: str | None = None,
    model: str | None = None,
    weights: str | Path = "bundled",
    quality: str | Path = "diffusion",
    samples: int | None = None,
    steps: int | None = None,
    score: Literal["calibrated", "raw"] = "calibrated",
    prompt: str | None = None,
    prompting: PromptSettings | None = None,
    first_prompt: Prompt | None = None,
    initial_mask: ImageLike | None = None,
    slices: SliceRange | None = None,
    truth: ImageLike | None = None,
    truth_labels: Labels = None,
    labels: Labels = None,
    settings: RefinementSettings | None = None,
    threshold: float | None = None,
    seed: int | None = None,
    device: str = "auto",
    on_iteration: Callable[[Iteration], None] | None = None,
) -> RefinementResult:
    """Segment an image: a promptable model, steered by the quality control (QC).

    It runs in this process and keeps the networks for the next call. Results are those of
    ``hermes refine`` on the same image with the same seed.

    >>> import SimpleITK
    >>> from HermesLib.samples.prostate_phantom import prostate_phantom
    >>> array = SimpleITK.GetArrayFromImage(prostate_phantom(seed=1, slices=5).image)[2]
    >>> result = refine(array, preset="prostate-t2", threshold=0.5, device="cpu")
    >>> result.mask.shape == array.shape, 0 <= result.pdsc <= 1
    (True, True)

    Args:
        image: a file (NIfTI, NRRD, MetaImage, PNG) or DICOM folder, a SimpleITK image, or an array
            of one slice (H, W) or of slices (N, H, W) in the modality's own intensities.
        preset: organ and modality, by name, or a preset's ``.json`` file.
        spacing: of an array, mm; 1 mm if left out. Only distances in the report depend on it.
        series: of a DICOM folder with several, number in the list or UID.
        model: name of the promptable model; by default the preset's.
        weights: ``bundled``, or the model's weight file.
        quality: ``diffusion`` (the preset's bundled QC core), another QC's name, or a weight file.
        samples, steps: of the QC core; by default as in its training.
        score: ``calibrated`` for an estimate of the true Dice, or ``raw`` for the Dice of mask
            and pseudo ground truth.
        prompt: kind of the prompts, ``box``, ``scribbles`` or ``clicks``; by default the model's
            first.
        prompting: how refined prompts are drawn.
        first_prompt: prompt of the model's first call on every slice, instead of a random one.
        initial_mask: mask to start from, instead of the model's first.
        slices: half-open range of slices ``(start, stop)``; either end may be None or negative.
        truth: the true mask; for the true Dice in the report only.
        truth_labels, labels: the organ's values in the true mask and in the initial mask, where
            they are label maps of several organs; ``()`` for all but 0.
        settings: all settings of the loop.
        threshold, seed: shortcuts for these two settings.
        device: ``auto``, ``cpu`` or ``cuda``.
        on_iteration: called with every iteration of every slice.

    Raises:
        HermesError: bad input, in one line.
    """
    request = RefineRequest(
        image=None,
        preset=str(preset),
        model=model,
        weights=str(weights),
        quality=str(quality),
        samples=samples,
        steps=steps,
        score=score,
        prompt=prompt,
        prompting=prompting or PromptSettings(),
        settings=_settings(settings, threshold, seed),
        slices=slices,
        device=device,
    )
    memory = _read(image, spacing, series, truth, initial_mask, INITIAL, labels, truth_labels)
    memory = replace(memory, first_prompt=first_prompt)
    return _run(request, memory, _is_single_slice(image), on_iteration)


def assess(
    image: ImageLike,
    mask: ImageLike,
    preset: str = "prostate-t2",
    *,
    spacing: Spacing | None = None,
    series: str | None = None,
    quality: str | Path = "diffusion",
    samples: int | None = None,
    steps: int | None = None,
    score: Literal["calibrated", "raw"] = "calibrated",
    slices: SliceRange | None = None,
    truth: ImageLike | None = None,
    truth_labels: Labels = None,
    labels: Labels = None,
    settings: RefinementSettings | None = None,
    threshold: float | None = None,
    seed: int | None = None,
    device: str = "auto",
    on_iteration: Callable[[Iteration], None] | None = None,
) -> RefinementResult:
    """Judge a segmentation: its estimated Dice, slice by slice, without changing it.

    >>> import SimpleITK
    >>> from HermesLib.samples.prostate_phantom import prostate_phantom
    >>> phantom = prostate_phantom(seed=1, slices=5)
    >>> result = assess(phantom.image, phantom.label, slices=(2, 4), device="cpu")
    >>> result.pdsc.shape
    (5,)

    Args:
        image: see :func:`refine`.
        mask: the segmentation, on the image's grid: one value besides 0, or probabilities.
        labels: the organ's values in ``mask``, where that is a label map of several organs.
        preset: see :func:`refine`; so are all others.

    Raises:
        HermesError: bad input, in one line.
    """
    request = AssessRequest(
        image=None,
        mask=None,
        preset=str(preset),
        quality=str(quality),
        samples=samples,
        steps=steps,
        score=score,
        settings=_settings(settings, threshold, seed),
        slices=slices,
        device=device,
    )
    memory = _read(image, spacing, series, truth, mask, "the mask", labels, truth_labels)
    return _run(request, memory, _is_single_slice(image), on_iteration)


def _run(
    request: RunRequest,
    memory: InMemory,
    single_slice: bool,
    on_iteration: Callable[[Iteration], None] | None,
) -> RefinementResult:
    run = Run(request, _shared_cache(), memory)
    outcome = run.execute(on_event=on_iteration, on_notice=log_notice)
    return RefinementResult.of(outcome, single_slice)


@lru_cache(maxsize=1)
def _shared_cache() -> ModelCache:
    return ModelCache()


def _settings(
    settings: RefinementSettings | None, threshold: float | None, seed: int | None
) -> RefinementSettings:
    settings = settings or RefinementSettings()
    if threshold is not None:
        settings = replace(settings, threshold=threshold)
    return settings if seed is None else replace(settings, seed=seed)


def _is_single_slice(image: ImageLike) -> bool:
    if isinstance(image, SimpleITK.Image):
        return image.GetDimension() == 2
    return not isinstance(image, Path | str) and np.ndim(image) == 2


def _read(
    image: ImageLike,
    spacing: Spacing | None,
    series: str | None,
    truth: ImageLike | None,
    mask: ImageLike | None,
    role: str,
    labels: Labels,
    truth_labels: Labels,
) -> InMemory:
    """The image and its masks, with the notices that reading them gave."""
    notices: list[Notice] = []
    with heard_by(notices.append):
        volume = _read_image(image, spacing, series)
        sources = RunSources(
            volume,
            truth=_read_optional_mask(truth, volume, TRUTH, truth_labels),
            mask=_read_optional_mask(mask, volume, role, labels),
        )
    for notice in notices:
        log_notice(notice)
    return InMemory(sources, notices=tuple(notices))


def _read_image(image: ImageLike, spacing: Spacing | None, series: str | None) -> Volume:
    if isinstance(image, Path | str | SimpleITK.Image) and spacing is not None:
        raise HermesError("spacing belongs to an array; files and images bring their own")
    if isinstance(image, Path | str):
        return read_volume(image, series)
    if series is not None:
        raise HermesError("a series can be chosen in a DICOM folder only; leave it out")
    if isinstance(image, SimpleITK.Image):
        return volume_from_image(image)
    return volume_from_array(image, spacing)


def _read_optional_mask(
    mask: ImageLike | None, volume: Volume, role: str, labels: Labels
) -> np.ndarray | None:
    return None if mask is None else _read_mask(mask, volume, role, labels)


def _read_mask(mask: ImageLike, volume: Volume, role: str, labels: Labels) -> np.ndarray:
    if isinstance(mask, Path | str):
        return read_mask(mask, volume, labels, role)
    if isinstance(mask, SimpleITK.Image):
        return mask_from_image(mask, volume, role, labels)
    return mask_from_array(mask, volume, role, labels)
