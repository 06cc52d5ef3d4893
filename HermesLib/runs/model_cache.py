"""Models and quality controls kept in memory, so that a process that serves many runs loads each of them once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from HermesLib.research.rivals.registry import load_judge
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import load_model
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl, ScoreKind

#: ModelCache kept of each sort: the one at work and the one before, for users who compare two.
_KEPT = 2


@dataclass
class ModelCache:
    """Loads what is asked for, or hands out what it still has."""

    _models: dict[Any, PromptableModel] = field(default_factory=dict)
    _qualities: dict[Any, QualityControl] = field(default_factory=dict)

    def model(self, name: str, weights: str, device: torch.device) -> PromptableModel:
        """See :func:`HermesLib.models.registry.load_model`."""
        return _kept(self._models, (name, _file(weights), device), lambda: load_model(name, weights, device))

    def quality(
        self, name: str, preset: Preset, device: torch.device, samples: int | None, steps: int | None, score: ScoreKind
    ) -> QualityControl:
        """See :func:`HermesLib.research.rivals.registry.load_judge`."""
        key = (_file(name), preset.name, device, samples, steps, score)
        return _kept(self._qualities, key, lambda: load_judge(name, preset, device, samples, steps, score))

    def forget(self) -> None:
        """Let go of everything, for its memory."""
        self._models.clear()
        self._qualities.clear()


def _file(name: str) -> tuple[str, float, int]:
    """A weight file may be replaced between two runs; its time and size tell."""
    path = Path(name)
    status = path.stat() if path.is_file() else None
    return name, status.st_mtime if status else 0.0, status.st_size if status else 0


def _kept(store: dict[Any, Any], key: Any, load: Callable[[], Any]) -> Any:
    found = store.pop(key, None) or load()
    while len(store) >= _KEPT:
        del store[next(iter(store))]
    store[key] = found
    return found
