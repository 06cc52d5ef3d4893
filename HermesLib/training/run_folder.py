"""One training run on disk: settings, metrics, and a state to resume from."""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.errors import HermesError


class TrainingRun:
    """A folder with ``metrics.jsonl`` (one object a report) and ``state.pt`` (to resume).

    Raises:
        HermesError: the folder has a run with other settings; metrics of both would mix.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]):
        self.folder = folder
        self.settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "settings.json"
        plain = json.loads(json.dumps(settings))
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != plain:
            raise HermesError(
                f"{folder} holds a training with other settings; choose another folder or remove it"
            )
        path.write_text(json.dumps(plain, indent=1), encoding="utf-8")
        self._started = time.monotonic()
        self._first_step: int | None = None

    @property
    def _state_path(self) -> Path:
        return self.folder / "state.pt"

    def generator(self, *place: int) -> np.random.Generator:
        """Random numbers of one place (stage, step, ...), the same in a resumed run."""
        return np.random.default_rng([self.settings["seed"], *place])

    def load_state(self) -> dict[str, Any] | None:
        """The last saved state, None in a new folder."""
        if not self._state_path.is_file():
            return None
        state: dict[str, Any] = torch.load(self._state_path, map_location="cpu", weights_only=True)
        return state

    def save_state(self, state: dict[str, Any]) -> None:
        """Replace the saved state in one step."""
        temporary = self._state_path.with_suffix(".part")
        torch.save(state, temporary)
        os.replace(temporary, self._state_path)

    def begin_stage(self) -> None:
        """Restart the clock that the remaining time is estimated from."""
        self._started = time.monotonic()
        self._first_step = None

    def report(self, stage: str, step: int, steps: int, **figures: float) -> None:
        """Print a line with the remaining time, and add the figures to the metrics."""
        if self._first_step is None:
            self._first_step = step
            self._started = time.monotonic()
        done = step - self._first_step
        values = {name: round(float(value), 5) for name, value in figures.items()}
        line = f"{stage} {step}/{steps}: " + ", ".join(f"{k} {v:.4f}" for k, v in values.items())
        if done:
            left = (time.monotonic() - self._started) / done * (steps - step)
            line += f", about {left / 60:.1f} min left in this stage"
        print(line, flush=True)
        with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "step": step, **values}) + "\n")
