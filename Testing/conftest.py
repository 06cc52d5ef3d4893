"""What holds for every test: no deadline for random examples, and no weights but those that the test itself imports."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow without being wrong.
settings.register_profile("hermes", deadline=None)
settings.load_profile("hermes")


@pytest.fixture(autouse=True)
def own_weight_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty folder for imported weights, so that a developer's own neither help nor hurt a test."""
    folder = tmp_path_factory.getbasetemp() / "no-imported-weights"
    monkeypatch.setenv("HERMES_CACHE", str(folder))
    return folder
