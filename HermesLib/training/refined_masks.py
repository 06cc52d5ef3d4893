"""Masks that promptable models draw of the training patients during a refinement.

A QC core that was trained earlier guides it. The masks carry the errors that a QC core meets
in the loop, beside those of simulated corruptions.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from HermesLib.datasets.slices import LabelledSlice, VolumeImages
from HermesLib.evaluation.refined_masks import FEW_ITERATIONS, refined_masks
from HermesLib.models.protocol import PromptableModel
from HermesLib.quality.protocol import QualityControl

#: The first prompts and two corrections.
_CORRECTIONS = 2


def draw_refined_masks(
    slices: Sequence[LabelledSlice],
    organ: str,
    guide: QualityControl,
    models: Sequence[PromptableModel],
    seed: int,
    device: torch.device,
    on_patient: Callable[[int, int], None],
) -> dict[LabelledSlice, np.ndarray]:
    """Masks (K, H, W) bool of all models and iterations, by slice.

    Only slices that show the organ and that the guide takes to show it have masks.
    """
    with_organ = [item for item in slices if (mask := item.organ(organ)) is not None and mask.any()]
    volumes = VolumeImages(slices)
    scans = list(_scans(with_organ))
    settings = replace(FEW_ITERATIONS, max_iterations=_CORRECTIONS, seed=seed)
    masks: dict[LabelledSlice, list[np.ndarray]] = {}
    for number, scan in enumerate(scans):
        pictures = np.stack([volumes.with_neighbours(item, 1) for item in scan])
        images = torch.from_numpy(pictures.astype(np.float32) / 255)
        for _, event in refined_masks(guide.observe(images), guide, models, settings, device):
            masks.setdefault(scan[event.slice_index], []).append(event.mask)
        on_patient(number + 1, len(scans))
    return {labelled: np.stack(drawn) for labelled, drawn in masks.items()}


def _scans(slices: Sequence[LabelledSlice]) -> Iterator[list[LabelledSlice]]:
    """Slices of a volume together, in order; single slices alone."""
    volumes: dict[tuple[str, str], list[LabelledSlice]] = {}
    for item in slices:
        if item.index >= 0:
            volumes.setdefault((item.source, item.patient), []).append(item)
        else:
            yield [item]
    yield from (sorted(volume, key=lambda item: item.index) for volume in volumes.values())


def save_refined_masks(
    path: Path, slices: Sequence[LabelledSlice], masks: dict[LabelledSlice, np.ndarray]
) -> None:
    """Write the masks to a NumPy archive, by the position of their slice among ``slices``."""
    packed = {
        str(number): np.packbits(masks[item], axis=-1)
        for number, item in enumerate(slices)
        if item in masks
    }
    temporary = path.with_suffix(".part.npz")
    np.savez_compressed(temporary, **packed)  # type: ignore[arg-type]
    os.replace(temporary, path)


def load_refined_masks(
    path: Path, slices: Sequence[LabelledSlice]
) -> dict[LabelledSlice, np.ndarray]:
    """Read what :func:`save_refined_masks` wrote of the same slices."""
    masks = {}
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            labelled = slices[int(name)]
            columns = labelled.image.shape[1]
            masks[labelled] = np.unpackbits(archive[name], axis=-1, count=columns).astype(bool)
    return masks
