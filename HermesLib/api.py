"""Refine and assess images from Python: an image in, a :class:`RefinementResult` out."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from HermesLib.errors import HermesError
from HermesLib.io.mask_values import INITIAL, Labels
from HermesLib.notices import log_notice
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.memory_inputs import (
    ImageLike,
    Spacing,
    is_single_slice,
    read_inputs,
    with_guide,
)
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.opening import InMemory
from HermesLib.runs.refinement_result import RefinementResult
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest, SliceRange
from HermesLib.runs.run import Run

__all__ = ["ImageLike", "RefinementResult", "Spacing", "assess", "refine"]


def refine(
    image: ImageLike,
    preset: str | None = None,
    *,
    organ: str | None = None,
    modality: str | None = None,
    guide: ImageLike | None = None,
    guide_labels: Labels = None,
    judge: str | None = None,
    references: str | Path | None = None,
    judge_weights: str | Path | None = None,
    calibration: str | Path | None = None,
    spacing: Spacing | None = None,
    series: str | None = None,
    model: str | None = None,
    weights: str | Path = "bundled",
    server: str | None = None,
    quality: str | Path = "diffusion",
    samples: int | None = None,
    steps: int | None = None,
    score: Literal["calibrated", "raw"] = "calibrated",
    prompt: str | None = None,
    prompting: PromptSettings | None = None,
    examples: str | Path | None = None,
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
        preset: organ and modality, by name, or a preset's ``.json`` file; by default the prostate
            on T2 MR, unless an ``organ`` is given.
        organ: an organ without a preset, e.g. ``liver``; ``other`` for any structure.
        modality: ``CT`` or ``MR`` for such an organ; by default as the image says.
        guide: a segmentation in place of the quality control's pGT: as an image (a mask or
            probabilities), a file, or the name of a guide (:mod:`HermesLib.guides`).
        guide_labels: the organ's values in a guide that is a label map.
        judge: what scores the masks (:mod:`HermesLib.judges`); by default the quality control, or
            the agreement with the guide.
        references, judge_weights, calibration: labelled cases, weights and calibration of the
            judge.
        spacing: of an array, mm; 1 mm if left out. Only distances in the report depend on it.
        series: of a DICOM folder with several, number in the list or UID.
        model: name of the promptable model; by default the preset's.
        weights: ``bundled``, or the model's weight file.
        server: address of the server of a model that has one, by default on this computer.
        quality: ``diffusion`` (the preset's bundled QC core), another QC's name, or a weight file.
        samples, steps: of the QC core; by default as in its training.
        score: ``calibrated`` for an estimate of the true Dice, or ``raw`` for the Dice of mask
            and pseudo ground truth.
        prompt: kind of the prompts, ``box``, ``scribbles`` or ``clicks``; by default the model's
            first.
        prompting: how refined prompts are drawn.
        examples: folder of cases that show the organ, for models that take examples.
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
        **_steering(preset, organ, modality, guide, guide_labels, judge),
        references=None if references is None else Path(references),
        judge_weights=None if judge_weights is None else str(judge_weights),
        calibration=None if calibration is None else Path(calibration),
        model=model,
        weights=str(weights),
        server=server,
        quality=str(quality),
        samples=samples,
        steps=steps,
        score=score,
        prompt=prompt,
        prompting=prompting or PromptSettings(),
        examples=None if examples is None else Path(examples),
        settings=_settings(settings, threshold, seed),
        slices=slices,
        device=device,
    )
    memory = read_inputs(image, spacing, series, truth, initial_mask, INITIAL, labels, truth_labels)
    memory = replace(memory, first_prompt=first_prompt)
    memory = with_guide(memory, guide, guide_labels)
    return _run(request, memory, is_single_slice(image), on_iteration)


def assess(
    image: ImageLike,
    mask: ImageLike,
    preset: str | None = None,
    *,
    organ: str | None = None,
    modality: str | None = None,
    guide: ImageLike | None = None,
    guide_labels: Labels = None,
    judge: str | None = None,
    references: str | Path | None = None,
    judge_weights: str | Path | None = None,
    calibration: str | Path | None = None,
    spacing: Spacing | None = None,
    series: str | None = None,
    model: str | None = None,
    weights: str | Path = "bundled",
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
        model, weights: of the model that a judge asks.
        preset: see :func:`refine`; so are all others.

    Raises:
        HermesError: bad input, in one line.
    """
    request = AssessRequest(
        image=None,
        mask=None,
        **_steering(preset, organ, modality, guide, guide_labels, judge),
        references=None if references is None else Path(references),
        judge_weights=None if judge_weights is None else str(judge_weights),
        calibration=None if calibration is None else Path(calibration),
        model=model,
        weights=str(weights),
        quality=str(quality),
        samples=samples,
        steps=steps,
        score=score,
        settings=_settings(settings, threshold, seed),
        slices=slices,
        device=device,
    )
    memory = read_inputs(image, spacing, series, truth, mask, "the mask", labels, truth_labels)
    memory = with_guide(memory, guide, guide_labels)
    return _run(request, memory, is_single_slice(image), on_iteration)


def _steering(
    preset: str | None,
    organ: str | None,
    modality: str | None,
    guide: ImageLike | None,
    guide_labels: Labels,
    judge: str | None,
) -> dict[str, Any]:
    """The fields of a request that say what steers and scores it; a guide in memory is none."""
    if preset is not None and organ is not None:
        raise HermesError("give either a preset or an organ")
    if preset is None and organ is None and guide is not None:
        raise HermesError("name what the guide segments: an organ ('other' for any), or a preset")
    named = isinstance(guide, Path | str)
    return {
        "preset": str(preset or "prostate-t2"),
        "organ": organ,
        "modality": modality,
        "guide": str(guide) if named else None,
        "guide_labels": guide_labels,
        "judge": judge,
    }


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
