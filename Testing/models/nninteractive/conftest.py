"""The stand-in for nnInteractive's client, and a volume whose three sides differ."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

STANDIN = Path(__file__).parents[2] / "standins" / "nninteractive"


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the stand-in, with a new server; every session must be given back."""
    monkeypatch.syspath_prepend(str(STANDIN))
    _forget()
    module = import_module("nnInteractive.inference.remote.remote_session")
    monkeypatch.setattr(module, "SERVER", module.Server())
    yield module
    _forget()
    assert module.SERVER.taken == 0, "a session was not given back"


@pytest.fixture
def intensities() -> np.ndarray:
    """(N, H, W) float32: bright everywhere but at one corner."""
    volume = np.full((18, 24, 30), 100.0, np.float32)
    volume[0, 0, 0] = -1000
    return volume


def _forget() -> None:
    """The stand-in and the real client have the same name."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "nnInteractive"]:
        del sys.modules[name]
