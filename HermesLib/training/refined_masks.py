"""Masks that promptable models draw of the training patients while another QC core refines their prompts: the errors that a core meets in
the loop, beside those that are made up."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume
from HermesLib.training.slice_sampler import surrounded

#: The first prompts and two corrections, however good the masks.
_LOOP = RefinementSettings(threshold=0.97, max_iterations=2, patience=3)


def draw_refined_masks(
    slices: Sequence[LabelledSlice],
    organ: str,
    guide: QualityControl,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
    on_patient: Callable[[int, int], None],
) -> dict[LabelledSlice, np.ndarray]:
    """Masks (K, H, W) bool of every slice that shows the organ and that the guide takes to show it, of all models and iterations."""
    shown = [one for one in slices if (mask := one.organ(organ)) is not None and mask.any()]
    found: dict[LabelledSlice, list[np.ndarray]] = {}
    known = {(one.source, one.patient, one.index): one.image for one in slices if one.index >= 0}
    scans = list(_scans(shown))
    settings = replace(_LOOP, seed=seed)
    for number, scan in enumerate(scans):
        images = torch.from_numpy(
            np.stack([surrounded(one, known, 1) for one in scan]).astype(np.float32) / 255
        )
        observation = guide.observe(images)
        for model in models:
            refiner = Refiner(
                model, guide, strategy=strategy_for(model.prompt_kinds[0]), settings=settings
            )
            for event in refine_volume(refiner, observation, device=device):
                if event.status is not Status.ABSENT:
                    found.setdefault(scan[event.slice_index], []).append(event.mask)
        on_patient(number + 1, len(scans))
    return {one: np.stack(masks) for one, masks in found.items()}


def _scans(slices: Sequence[LabelledSlice]) -> Iterator[list[LabelledSlice]]:
    """Slices of one volume together, in their order; lone ones alone."""
    volumes: dict[tuple[str, str], list[LabelledSlice]] = {}
    for one in slices:
        if one.index >= 0:
            volumes.setdefault((one.source, one.patient), []).append(one)
        else:
            yield [one]
    yield from (sorted(volume, key=lambda one: one.index) for volume in volumes.values())


def keep_refined_masks(
    path: Path, slices: Sequence[LabelledSlice], masks: dict[LabelledSlice, np.ndarray]
) -> None:
    """Write the masks to a NumPy archive, by the place of their slice among ``slices``."""
    packed = {
        str(number): np.packbits(masks[one], axis=-1)
        for number, one in enumerate(slices)
        if one in masks
    }
    temporary = path.with_suffix(".part.npz")
    np.savez_compressed(temporary, **packed)  # type: ignore[arg-type]
    os.replace(temporary, path)


def kept_refined_masks(
    path: Path, slices: Sequence[LabelledSlice]
) -> dict[LabelledSlice, np.ndarray]:
    """What :func:`keep_refined_masks` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        return {
            slices[int(place)]: np.unpackbits(
                archive[place], axis=-1, count=slices[int(place)].image.shape[1]
            ).astype(bool)
            for place in archive.files
        }
