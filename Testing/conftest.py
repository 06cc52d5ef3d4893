"""Settings for all tests: no deadline for random examples, no imported weights."""

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is not an error.
settings.register_profile("hermes", deadline=None)
settings.load_profile("hermes")


@pytest.fixture(autouse=True)
def own_weight_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty folder for imported weights, so that a developer's own do not change a test."""
    folder = tmp_path_factory.getbasetemp() / "no-imported-weights"
    monkeypatch.setenv("HERMES_CACHE", str(folder))
    return folder
