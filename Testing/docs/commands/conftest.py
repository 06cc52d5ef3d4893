"""The commands of the pages share a folder for imported weights and presets with their engine."""

import pytest


@pytest.fixture(autouse=True)
def own_weight_cache() -> None:
    """Leave the folder of :func:`Testing.docs.commands.running.page_runner`."""
