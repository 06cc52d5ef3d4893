"""Settings for all tests: no deadline for random examples, no imported weights, longest first."""

from pathlib import Path

from HermesLib.threads import set_threads

# Before anything imports PyTorch or NumPy: several test processes share the cores.
set_threads()

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# A slow machine is not an error.
settings.register_profile("hermes", deadline=None)
settings.load_profile("hermes")

TESTS = Path(__file__).parent
#: Files that take long, the longest first. Side by side, they must not be the last to begin.
LONGEST = (
    "slicer_module/test_whole_run.py",
    "test_types.py",
    "cli/test_cohort_workers.py",
    "cli/test_bundled.py",
    "training/test_cross_fitted_organ.py",
    "training/ensemble/test_ensemble_training.py",
    "training/ensemble/test_train_ensemble.py",
    "training/test_processes.py",
    "reliability/test_share.py",
    "extension/test_extension.py",
    "research/promptable/test_promptable_training.py",
    "research/rivals/test_bundled_rivals.py",
    "evaluation/test_figures.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long``: also the tests of minutes, with full-size networks or real trainings."""
    parser.addoption("--long", action="store_true", help="also tests marked as long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out unless asked; begin with the files that take longest."""
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes long; run make long-tests")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)
    if hasattr(config, "workerinput"):
        order = {TESTS / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(autouse=True)
def own_weight_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty folder for imported weights, so that a developer's own do not change a test."""
    folder = tmp_path_factory.getbasetemp() / "no-imported-weights"
    monkeypatch.setenv("HERMES_CACHE", str(folder))
    return folder
