"""What a process with many runs keeps: networks, and what they have read of images and slices."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from HermesLib.models.loading import load_volume_model
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import load_model
from HermesLib.models.volume_protocol import VolumeModel
from HermesLib.notices import Notice, heard_by, notice
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl, ScoreKind
from HermesLib.quality.registry import load_quality
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.runs.observations import Observations

#: How many networks of each sort are kept: the current one and the previous one, for users who
#: compare two.
_CAPACITY = 2


@dataclass
class ModelCache:
    """Loads networks on demand and keeps the last ones, with what they have read.

    Attributes:
        observations: what quality controls have read of images.
        embeddings: what promptable models have read of slices.
    """

    observations: Observations = field(default_factory=Observations)
    embeddings: Embeddings = field(default_factory=Embeddings)
    _models: dict[Any, "_Loaded"] = field(default_factory=dict)
    _qualities: dict[Any, "_Loaded"] = field(default_factory=dict)

    def model(self, name: str, weights: str, device: torch.device) -> PromptableModel:
        """A model, loaded by :func:`HermesLib.models.registry.load_model` if it is not here."""
        key = (name, _file_state(weights), device)
        return _get(self._models, key, lambda: load_model(name, weights, device))

    def volume_model(self, name: str, weights: str, device: torch.device) -> VolumeModel:
        """A model for whole volumes that runs here, loaded if it is not kept."""
        key = (name, _file_state(weights), device)
        return _get(self._models, key, lambda: load_volume_model(name, weights, device=device))

    def quality(
        self,
        name: str,
        preset: Preset,
        device: torch.device,
        samples: int | None,
        steps: int | None,
        score: ScoreKind,
    ) -> QualityControl:
        """A quality control, loaded by its registry if it is not here."""
        # A user's preset names a weight file, and another preset may have the same name.
        files = (_file_state(name), preset.name, _file_state(preset.quality))
        key = (files, device, samples, steps, score)
        return _get(
            self._qualities,
            key,
            lambda: load_quality(name, preset, device, samples, steps, score),
        )

    def clear(self) -> None:
        """Release all networks, what they have read, and their memory."""
        self.observations.clear()
        self.embeddings.clear()
        self._models.clear()
        self._qualities.clear()


def _file_state(name: str) -> tuple[str, float, int]:
    """A name with its file's time and size: a weight file may be replaced between two runs."""
    path = Path(name)
    status = path.stat() if path.is_file() else None
    return name, status.st_mtime if status else 0.0, status.st_size if status else 0


@dataclass(frozen=True)
class _Loaded:
    """A network, and the notices of its loading, which concern every run that uses it."""

    network: Any
    notices: tuple[Notice, ...]


def _get(store: dict[Any, _Loaded], key: Any, load: Callable[[], Any]) -> Any:
    loaded = store.pop(key, None) or _load(load)
    while len(store) >= _CAPACITY:
        del store[next(iter(store))]
    store[key] = loaded
    for said in loaded.notices:
        notice(said.kind, said.message)
    return loaded.network


def _load(load: Callable[[], Any]) -> _Loaded:
    notices: list[Notice] = []
    with heard_by(notices.append):
        network = load()
    return _Loaded(network, tuple(notices))
