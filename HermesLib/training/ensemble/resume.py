"""What an earlier call left in the folder of an ensemble: its folds, and complete parts."""

import json
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.training.ensemble.folds import Folds, read_folds, write_folds
from HermesLib.weights.checkpoint import load_checkpoint


def keep_folds(path: Path, folds: Folds) -> None:
    """Write the folds of a new folder.

    Raises:
        HermesError: the folder has other folds. A part that is complete would have been
            trained on patients whom it is to leave out now.
    """
    if not path.is_file():
        write_folds(path, folds)
    elif read_folds(path) != folds:
        raise HermesError(
            f"{path.parent} belongs to other folds: patients, folds or seed have changed; "
            "choose another folder or remove it"
        )


def is_complete(path: Path, expected: dict[str, Any]) -> bool:
    """Whether a part is trained.

    Raises:
        HermesError: it was trained on other folds or with other settings.
    """
    if not path.is_file():
        return False
    training = load_checkpoint(path).training
    wanted = json.loads(json.dumps(expected))
    if differing := sorted(name for name, value in wanted.items() if training.get(name) != value):
        raise HermesError(
            f"{path.parent} holds a training with other settings ({', '.join(differing)}); "
            "choose another folder or remove it"
        )
    return True
