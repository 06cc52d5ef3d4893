"""Runs of the bundled networks on a GPU; without one, the tests of this folder are left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from HermesLib.io.image_writing import write_image
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run, RunOutcome
from HermesLib.samples.prostate_phantom import prostate_phantom

#: Of the sample's slices, so many from the middle.
SLICES = 6

Refine = Callable[..., RunOutcome]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a GPU where there is none."""
    if torch.cuda.is_available():
        return
    skip = pytest.mark.skip(reason="needs a CUDA device")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="module")
def refine(tmp_path_factory: pytest.TempPathFactory) -> Refine:
    """Refines the sample's middle slices with a bundled model, by default on the GPU."""
    image = tmp_path_factory.mktemp("gpu") / "sample.nii.gz"
    write_image(prostate_phantom(1, slices=SLICES).image, image)
    cache = ModelCache()

    def execute(model: str = "medsam", **changes: Any) -> RunOutcome:
        fields: dict[str, Any] = {
            "image": image,
            "model": model,
            "settings": RefinementSettings(threshold=0.95, max_iterations=2),
            "device": "cuda",
        } | changes
        cache.embeddings.clear()
        cache.observations.clear()
        return Run(RefineRequest(**fields), cache).execute()

    return execute
