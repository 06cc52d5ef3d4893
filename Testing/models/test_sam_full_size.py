"""Networks of official size answer as the official predictors, for seeded weights.

They take minutes and gigabytes: set ``HERMES_FULL_PARITY`` to run them. The answers are not kept
in this repository; they lie beside the checkout (``shared/parity/more``).
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.models.sam import Sam
from HermesLib.models.sam2.adapter import Sam2
from HermesLib.models.sam_family.prompting import SamPrompt
from HermesLib.models.sam_med2d.adapter import SamMed2d
from HermesLib.models.scribbleprompt_sam import ScribblePromptSam
from HermesLib.weights.checkpoint import Checkpoint
from Testing.models import seeded

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "parity" / "more"
ASKS = ("clicks", "box", "box_clicks", "box_second", "clicks_second")

pytestmark = [
    pytest.mark.skipif(
        "HERMES_FULL_PARITY" not in os.environ, reason="HERMES_FULL_PARITY is not set"
    ),
    pytest.mark.skipif(not BESIDE.is_dir(), reason="the official answers are not beside"),
    pytest.mark.timeout(1200),
]


def load(model_class, weights: str, answers: str, prefix: str = ""):
    """A model with seeded weights, its answers with their prefix taken off, and its slice."""
    shapes = json.loads((BESIDE / f"{weights}.state_dict.json").read_text(encoding="utf-8"))
    model = model_class.from_checkpoint(Checkpoint(seeded.tensors_by_name(shapes), None, {}))
    with np.load(BESIDE / f"{answers}.npz") as stored:
        theirs = {name.removeprefix(prefix): stored[name] for name in stored.files}
    image = torch.from_numpy(theirs["image_uint8"] / np.float32(255))[None, None]
    return model, theirs, image


def prompt_of(ask: str, theirs) -> SamPrompt:
    count = {"click": 1, "clicks": 3, "box_clicks": 3, "clicks_second": 3}.get(ask, 0)
    points, labels = theirs["points_xy"][:count], theirs["point_labels"][:count]
    if ask.startswith("scribbles"):
        strokes = [np.argwhere(raster)[:, ::-1] for raster in theirs["scribbles"]]
        points = np.concatenate(strokes)
        labels = np.repeat([1, 0], [len(part) for part in strokes])
    return SamPrompt(
        torch.from_numpy(points.astype(np.int64)),
        torch.from_numpy(labels.astype(np.int64)),
        count,
        tuple(map(float, theirs["box_xyxy"])) if ask.startswith("box") else None,
    )


def worst(model, theirs, image, asks, key: str, grids) -> float:
    """The largest difference of all answers, relative to each answer's largest value."""
    features = model.embed(image).features
    mask = torch.from_numpy(theirs["mask_input"].astype(np.float32))
    differences = []
    for ask in asks:
        with torch.inference_mode():
            given = mask if ask.endswith("second") else None
            ours = model.answer(features, prompt_of(ask, theirs), image.shape[-2:], given)
        for name, values, places in zip(
            ("low_res", "final"), (model.fed_back(ours.low), ours.final[None]), grids, strict=True
        ):
            stored = theirs[key.format(ask=ask, name=name)]
            stored = stored if stored.ndim == 3 else stored[None]
            mine = values[:, places, places].numpy()
            differences.append(np.abs(mine - stored).max() / np.abs(stored).max())
    return float(max(differences))


def test_sam_vit_b():
    model, theirs, image = load(Sam, "sam_vit_b", "sam_vit_b", "tall_")
    grids = (slice(3, None, 7), slice(4, None, 9))
    assert worst(model, theirs, image, ASKS, "{ask}_single_{name}_grid", grids) <= 1e-4


def test_scribbleprompt_sam():
    name = "scribbleprompt_sam_v1"
    model, theirs, image = load(ScribblePromptSam, name, name)
    asks = ("click", "clicks", "box", "scribbles", "box_second", "scribbles_second")
    grids = (slice(1, None, 5), slice(4, None, 9))
    assert worst(model, theirs, image, asks, "{ask}_{name}_grid", grids) <= 1e-4


@pytest.mark.parametrize("variant", ["adapter", "plain"])
def test_sam_med2d(variant):
    weights = "sam_med2d_vit_b" + ("_without_adapter" if variant == "plain" else "")
    model, theirs, image = load(SamMed2d, weights, "sam_med2d_vit_b", f"{variant}_")
    model.fed_back = lambda low: low  # compared as logits
    theirs = {name.replace("low_res", "low_res_grid"): array for name, array in theirs.items()}
    grids = (slice(None), slice(4, None, 9))
    key = "{ask}_best_{name}_grid"
    assert worst(model, theirs, image, ("click", *ASKS), key, grids) <= 1e-4


def test_sam2_tiny():
    model, theirs, image = load(Sam2, "sam2_1_hiera_tiny", "sam2_1_hiera_tiny")
    grids = (slice(3, None, 7), slice(4, None, 9))
    assert worst(model, theirs, image, ASKS, "{ask}_single_{name}_grid", grids) <= 1e-4
