"""Oracle prompts: where they are, and the figures of the predicted masks."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.datasets.case import Truth
from HermesLib.evaluation.cases import Case
from HermesLib.models.registry import load_model
from HermesLib.presets.registry import load_preset
from HermesLib.research.promptable.oracle_prompts import (
    core_of,
    one_click,
    one_stroke,
    oracle_figures,
    oracle_prompts,
    predict_from_oracle_prompts,
)
from HermesLib.samples.prostate_phantom import prostate_phantom

CPU = torch.device("cpu")


@given(st.integers(4, 25), st.integers(4, 25), st.integers(0, 2**32 - 1))
def test_minimal_prompts_are_in_the_core_of_the_organ(height, width, seed):
    mask = np.zeros((40, 48), bool)
    mask[5 : 5 + height, 8 : 8 + width] = True
    rng = np.random.default_rng(seed)
    core, stroke, click = core_of(mask), one_stroke(mask, rng), one_click(mask, rng)
    assert core.any() and not (core & ~mask).any() and core.sum() < mask.sum()
    assert (
        stroke.positive.any() and not stroke.negative.any() and not (stroke.positive & ~core).any()
    )
    assert len(click.positive) == 1 and core[click.positive[0, 1], click.positive[0, 0]]


def test_full_oracle_prompts_beat_minimal_ones_for_every_model(
    tmp_path: Path,
):
    phantom = prostate_phantom(seed=1, slices=5)
    for name, volume in (("image", phantom.image), ("label", phantom.label)):
        SimpleITK.WriteImage(volume, str(tmp_path / f"{name}.nii.gz"))
    case = Case("made-1", tmp_path / "image.nii.gz", Truth((tmp_path / "label.nii.gz",)))
    ways = {
        "medsam": ["box"],
        "mideepseg": ["clicks"],
        "scribbleprompt": ["scribbles", "clicks", "box", "one stroke", "one click"],
    }
    for name, kinds in ways.items():
        model = load_model(name, "bundled", CPU)
        assert list(oracle_prompts(model)) == kinds
        masks = predict_from_oracle_prompts(
            [case], load_preset("prostate-t2"), model, 0, CPU, lambda done, total: None
        )
        figures = oracle_figures(masks)
        assert figures["patients"] == 1
        assert figures["slices"] == len({mask.index for mask in masks}) > 0
        full = figures[kinds[0]][0]
        mean = np.mean([mask.true for mask in masks if mask.prompt == kinds[0]])
        assert full == pytest.approx(mean, abs=1e-4)
        assert full > 0.6
