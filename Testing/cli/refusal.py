"""Helpers for tests of commands that are refused."""

from pathlib import Path

import numpy as np
import SimpleITK

from Testing.cli.conftest import CommandResult

SIZE = (8, 16, 16)


def refused(outcome: CommandResult, output: Path) -> str:
    """Check that a command was refused properly; returns its error line."""
    assert outcome.code == 2
    assert len(outcome.err) == 1, outcome.err
    assert outcome.err[0].startswith("hermes: ")
    assert not output.exists()
    assert [path for path in output.parent.rglob("*") if path.name.startswith(".hermes")] == []
    return outcome.err[0].removeprefix("hermes: ")


def write_array(path: Path, array: np.ndarray, vector: bool = False) -> None:
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array, isVector=vector), str(path))
