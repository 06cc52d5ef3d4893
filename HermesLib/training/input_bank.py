"""Right and wrong slices that an input check is trained and tested on."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.evaluation.raw_volumes import raw_volumes
from HermesLib.evaluation.wrong_input import OTHER, RawVolume, as_other_scan, kinds_for
from HermesLib.presets.preset import Preset
from HermesLib.quality.field_of_view import find_windows, to_grid
from HermesLib.training.phantoms import phantom_scans

#: The kind of what the preset was made for.
RIGHT = "right"
#: Slices of a right volume, and of one made wrong, at most.
_RIGHT, _WRONG = 40, 8


@dataclass(frozen=True)
class BankEntry:
    """Where a square comes from: its kind, patient and volume."""

    kind: str
    patient: str
    volume: str


@dataclass(frozen=True, eq=False)
class InputBank:
    """Squares (N, S, S) uint8 of slices, each with its entry."""

    squares: np.ndarray
    entries: tuple[BankEntry, ...]

    def select(self, keep: Callable[[BankEntry], bool]) -> "InputBank":
        """The squares whose entries are kept."""
        chosen = [k for k, entry in enumerate(self.entries) if keep(entry)]
        return InputBank(self.squares[chosen], tuple(self.entries[k] for k in chosen))


class _Collector:
    def __init__(self, preset: Preset, field: str, side: int) -> None:
        self.preset, self.field, self.side = preset, field, side
        self.squares: list[np.ndarray] = []
        self.entries: list[BankEntry] = []

    def add(self, entry: BankEntry, volume: RawVolume, most: int) -> None:
        """Slices of a volume; those of a constant one cannot be given to a preset."""
        try:
            images = torch.from_numpy(np.ascontiguousarray(volume.normalise(self.preset.intensity)))
        except HermesError:
            return
        chosen = np.unique(np.linspace(0, len(images) - 1, min(most, len(images))).astype(int))
        slices = images[chosen][:, None]
        squares = to_grid(slices, find_windows(slices, self.field), self.side)
        for square in squares[:, 0].mul(255).round().to(torch.uint8).numpy():
            self.squares.append(square)
            self.entries.append(entry)

    def bank(self) -> InputBank:
        return InputBank(np.stack(self.squares), tuple(self.entries))


def gather_bank(
    preset: Preset,
    right: Sequence[TrainingDataset],
    others: Sequence[TrainingDataset],
    keep: Callable[[str], bool],
    *,
    field: str,
    side: int,
    seed: int = 0,
    phantoms: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> InputBank:
    """Squares of right slices, of the kinds of wrong ones made from them, and of other scans.

    Args:
        preset: what is right.
        right: folders of its organ and modality.
        others: folders of anything else.
        keep: which patients are read.
        field: as of :class:`HermesLib.quality.network.input_check.InputCheckConfig`.
        side: of the squares.
        seed: of all randomness.
        phantoms: whole prostate phantoms that are right too, so that a demonstration is.
        say: takes messages about what is read.
    """
    collector = _Collector(preset, field, side)
    for name, scan in phantom_scans(seed, phantoms):
        # They are nearly symmetric: turned, they would hardly be wrong.
        collector.add(BankEntry(RIGHT, name, name), scan, _RIGHT)
    for patient, name, volume in raw_volumes(right, preset.organ_label, preset, keep):
        say(f"reading {name}")
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        collector.add(BankEntry(RIGHT, patient, name), volume, _RIGHT)
        # A volume of one modality is normalised as a whole, so its slices are chosen afterwards.
        few = volume
        if preset.intensity.kind == "window" and len(volume.voxels) > _WRONG:
            few = volume.select(np.linspace(0, len(volume.voxels) - 1, _WRONG).astype(int))
        for kind in kinds_for(preset.modality):
            if not kind.visible:
                continue
            wrong = kind.change(volume if kind.across else few, rng)
            if wrong is not None:
                collector.add(BankEntry(kind.name, patient, name), wrong, _WRONG)
    for patient, name, volume in raw_volumes(others, None, preset, keep):
        say(f"reading {name}")
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        for _ in range(3):
            other = as_other_scan(volume, preset.modality, rng)
            collector.add(BankEntry(OTHER, patient, name), other, _WRONG)
    return collector.bank()
