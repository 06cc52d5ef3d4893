"""What every training is given: data with their split, a folder, a device; and what it records."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from HermesLib.datasets.splits import Split, SplitOptions
from HermesLib.datasets.training_dataset import SplitSlices, TrainingDataset, read_datasets
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.weights.checkpoint import Checkpoint


@dataclass(frozen=True)
class TrainingJob:
    """One training: where its slices come from and where its weights go.

    Attributes:
        datasets: the training folders.
        folder: takes metrics, the state to resume from, and ``model.safetensors``.
        split: how patients are divided.
        phantoms: procedural prostate slices that join the training patients.
        device: ``auto``, ``cpu`` or ``cuda``.
        terms: terms of use of the data, as the user states them for the model card.
        say: takes messages for the user, e.g. which patients are left out.
        store: where readers keep slices on disk; the folder's ``slices`` if None.
    """

    datasets: Sequence[TrainingDataset]
    folder: Path
    split: SplitOptions = field(default_factory=SplitOptions)
    phantoms: int = 0
    device: str = "auto"
    terms: tuple[str, ...] = ()
    say: Callable[[str], None] = lambda line: None
    store: Path | None = None

    @property
    def output(self) -> Path:
        """The weights with the best validation."""
        return self.folder / "model.safetensors"

    def with_datasets(self, **changes: Any) -> "TrainingJob":
        """The job with the same change to every folder, e.g. ``scale=preset.intensity``."""
        datasets = [dataclasses.replace(item, **changes) for item in self.datasets]
        return dataclasses.replace(self, datasets=datasets)

    def for_organ(self, preset: Preset) -> "TrainingJob":
        """The job for a preset's organ and intensities; readers keep their slices on disk."""
        store = self.store or self.folder / "slices"
        datasets = [
            dataclasses.replace(item, organ=preset.organ_label, store=store)
            if item.form is not None
            else item
            for item in self.with_datasets(scale=preset.intensity).datasets
        ]
        return dataclasses.replace(self, datasets=datasets)

    def read(self, seed: int) -> SplitSlices:
        """The slices and their split."""
        return read_datasets(self.datasets, self.split, seed, self.say)

    def record(self, data: SplitSlices) -> dict[str, Any]:
        """What the checkpoint says of the data."""
        return {
            "data": [dataset.describe() for dataset in self.datasets],
            "phantoms": self.phantoms,
            "split": data.split.to_plain(),
            **({"left_out": list(data.left_out)} if data.left_out else {}),
            **({"terms": list(self.terms)} if self.terms else {}),
        }

    def save_measured(self, measured: dict[str, float]) -> None:
        """Keep the validation of the best weights as ``best.json``."""
        text = json.dumps(measured, indent=1)
        (self.folder / "best.json").write_text(text, encoding="utf-8")


def check_same_patients(path: Path | None, checkpoint: Checkpoint, split: Split) -> None:
    """Refuse to continue from weights that were trained on other patients.

    Raises:
        HermesError: the weights record another split, or none.
    """
    if checkpoint.training.get("split") != split.to_plain():
        raise HermesError(
            f"{path} was trained on other patients; continuing would leak test patients"
        )
