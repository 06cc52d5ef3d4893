"""A training on a GPU goes on where it was cut off."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.training.qc_trainer import QualityTrainer
from Testing.quality.small import SMALL
from Testing.training.two_processes import QUALITY, CutOffError, CutOffRun, pool


def train(folder: Path, cut: tuple[int, ...] = ()) -> list[dict[str, float]]:
    """Losses of a short training; ``cut`` is the stage and step before which it ends."""
    run = CutOffRun(folder, QUALITY.to_dict())
    run.cut = cut
    trainer = QualityTrainer(SMALL, QUALITY, run, pool(), pool(), torch.device("cuda"))
    trainer.fit(lambda core, measured: None)
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        {name: value for name, value in json.loads(line).items() if isinstance(value, float)}
        for line in lines
    ]


def test_a_training_on_a_gpu_goes_on_where_it_was_cut_off(tmp_path: Path):
    unbroken = train(tmp_path / "unbroken")
    with pytest.raises(CutOffError):
        train(tmp_path / "broken", cut=(2, 1))
    resumed = train(tmp_path / "broken")
    assert len(unbroken) > 2 and len(resumed) == len(unbroken)
    for line, other in zip(unbroken, resumed, strict=True):
        assert np.isfinite(list(line.values())).all()
        assert other == pytest.approx(line, rel=1e-2)
