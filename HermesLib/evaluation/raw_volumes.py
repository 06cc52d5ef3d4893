"""Volumes of training folders in their stored units."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from HermesLib.datasets.scribbled import read_scribbled
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.evaluation.cases import Case, dataset_cases
from HermesLib.evaluation.wrong_input import RawVolume
from HermesLib.presets.preset import Preset

#: Sides of slices above this are halved before anything else.
_LARGEST = 320


def raw_volumes(
    datasets: Sequence[TrainingDataset],
    organ: str | None,
    preset: Preset,
    keep: Callable[[str], bool],
) -> Iterator[tuple[str, str, RawVolume]]:
    """Patient, name and volume of every image of folders."""
    for dataset in datasets:
        if dataset.layout == "scribbled":
            for item in read_scribbled(dataset.folder):
                if keep(item.patient):
                    voxels = item.image[None].astype(np.float32)
                    yield item.patient, item.patient, _halved(_without_organ(voxels, (1, 1, 1)))
            continue
        for case in dataset_cases(dataset, organ or dataset.organs()[-1]):
            if keep(case.identity):
                name = f"{case.identity}/{case.image.name}"
                yield case.identity, name, read_raw(case, preset, organ is not None)


def read_raw(case: Case, preset: Preset, with_organ: bool = True) -> RawVolume:
    """A case in its stored units; a windowed picture is brought back to the preset's units."""
    volume = case.read_image()
    voxels = volume.array
    if volume.windowed and preset.intensity.kind == "window":
        low, high = preset.intensity.low, preset.intensity.high
        voxels = low + voxels / 255 * (high - low)
    organ = np.zeros(voxels.shape, bool)
    if with_organ:
        organ = case.truth.read(volume)
    spacing = (volume.slice_spacing, *volume.pixel_spacing)
    return _halved(RawVolume(voxels.astype(np.float32), spacing, organ))


def _without_organ(voxels: np.ndarray, spacing: tuple[float, float, float]) -> RawVolume:
    return RawVolume(voxels, spacing, np.zeros(voxels.shape, bool))


def _halved(volume: RawVolume) -> RawVolume:
    """A volume of large slices at half their resolution."""
    if min(volume.voxels.shape[1:]) < _LARGEST:
        return volume
    smooth = ndimage.uniform_filter(volume.voxels, (1, 2, 2))[:, ::2, ::2]
    spacing = (volume.spacing[0], 2 * volume.spacing[1], 2 * volume.spacing[2])
    return replace(volume, voxels=smooth, spacing=spacing, organ=volume.organ[:, ::2, ::2])
