"""One training run on disk: settings, metrics, and a state to resume from."""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.training.processes import Processes, started_processes, wait_for_all


class TrainingRun:
    """A folder with ``metrics.jsonl`` (one object a report) and ``state.pt`` (to resume).

    Args:
        folder: is made if need be.
        settings: of the training.
        processes: that train together; the first one alone writes and prints.

    Raises:
        HermesError: the folder has a run with other settings; metrics of both would mix. Or
            ``torchrun`` has started a training that is of one process.
    """

    def __init__(
        self, folder: Path, settings: dict[str, Any], processes: Processes | None = None
    ) -> None:
        if processes is None and started_processes() > 1:
            raise HermesError("this training is of one process; start it without torchrun")
        self.folder = folder
        self.settings = settings
        self.processes = processes or Processes()
        if not self.processes.first:
            wait_for_all()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "settings.json"
        plain = json.loads(json.dumps({**settings, **self.processes.record()}))
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != plain:
            raise HermesError(
                f"{folder} holds a training with other settings; choose another folder or remove it"
            )
        if self.processes.first:
            path.write_text(json.dumps(plain, indent=1), encoding="utf-8")
            wait_for_all()
        self._started = time.monotonic()
        self._first_step: int | None = None

    @property
    def _state_path(self) -> Path:
        return self.folder / "state.pt"

    def generator(self, *place: int) -> np.random.Generator:
        """Random numbers of one place (stage, step, ...), the same in a resumed run."""
        return np.random.default_rng([self.settings["seed"], *place])

    def generators(self, *place: int) -> list[np.random.Generator]:
        """Random numbers of this process's parts of the batch at a place."""
        if self.processes.parts == 1:
            return [self.generator(*place)]
        return [self.generator(*place, part) for part in self.processes.own_parts]

    def load_state(self) -> dict[str, Any] | None:
        """The last saved state, None in a new folder."""
        if not self._state_path.is_file():
            return None
        state: dict[str, Any] = torch.load(self._state_path, map_location="cpu", weights_only=True)
        return state

    def save_state(self, state: dict[str, Any]) -> None:
        """Replace the saved state in one step."""
        if not self.processes.first:
            return
        temporary = self._state_path.with_suffix(".part")
        torch.save(state, temporary)
        os.replace(temporary, self._state_path)

    def begin_stage(self) -> None:
        """Restart the clock that the remaining time is estimated from."""
        self._started = time.monotonic()
        self._first_step = None

    def report(self, stage: str, step: int, steps: int, **figures: float) -> None:
        """Print a line with the remaining time, and add the figures to the metrics."""
        if not self.processes.first:
            return
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
