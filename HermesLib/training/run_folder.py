"""One training run on disk: progress, metrics, and a state it can go on from."""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.errors import HermesError


class TrainingRun:
    """A folder with ``metrics.jsonl`` (one object a report), ``state.pt`` (to resume) and whatever the training writes.

    A run whose settings differ from those the folder was begun with is refused: its metrics would mix two trainings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]):
        self.folder = folder
        self.settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        begun = folder / "settings.json"
        if begun.is_file() and json.loads(begun.read_text(encoding="utf-8")) != json.loads(
            json.dumps(settings)
        ):
            raise HermesError(
                f"{folder} holds a training with other settings; choose another folder or remove it"
            )
        begun.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        self._started = time.monotonic()
        self._first_step: int | None = None

    @property
    def _state_path(self) -> Path:
        return self.folder / "state.pt"

    def generator(self, *place: int) -> np.random.Generator:
        """Random numbers of one place (stage, step, ...): a resumed run draws what an unbroken one would have drawn."""
        return np.random.default_rng([self.settings["seed"], *place])

    def load_state(self) -> dict[str, Any] | None:
        """The last saved state, None in a fresh folder."""
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
        """Restart the clock that time left is estimated from."""
        self._started, self._first_step = time.monotonic(), None

    def report(self, stage: str, step: int, steps: int, **figures: float) -> None:
        """Print one line with the time left and add it to the metrics."""
        if self._first_step is None:
            self._first_step, self._started = step, time.monotonic()
        done = step - self._first_step
        left = (time.monotonic() - self._started) / done * (steps - step) if done else float("nan")
        values = {name: round(float(value), 5) for name, value in figures.items()}
        shown = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        print(
            f"{stage} {step}/{steps}: {shown}"
            + (f", about {left / 60:.1f} min left in this stage" if done else ""),
            flush=True,
        )
        with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "step": step, **values}) + "\n")
