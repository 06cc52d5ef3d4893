"""Several processes train one network: the same batches, the same losses, one writer."""

import json
from pathlib import Path

import pytest
import torch
from torch.distributed import run as torchrun

from HermesLib.errors import HermesError
from HermesLib.training.losses import mean_over
from HermesLib.training.processes import Processes, training_processes
from HermesLib.training.run_folder import TrainingRun
from Testing.training.two_processes import train_promptable, train_quality

ROOT = Path(__file__).parents[2]
TRAININGS = {"quality": train_quality, "promptable": train_promptable}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trainings in two processes of ``torchrun``, each cut off and continued."""
    folder = tmp_path_factory.mktemp("two")
    script = ROOT / "Testing" / "training" / "two_processes.py"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("OMP_NUM_THREADS", "1")
        torchrun.main(["--standalone", "--nproc-per-node", "2", str(script), str(folder)])
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same batches in one process, not cut off."""
    folder = tmp_path_factory.mktemp("one")
    for name, train in TRAININGS.items():
        train(folder / name, Processes(parts=2))
    return folder


def metrics(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", TRAININGS)
def test_two_processes_train_as_one_does_with_the_same_batches(name: str, one: Path, two: Path):
    ours, others = metrics(one / name), metrics(two / name)
    # Each line once: one process reports, and what was cut off is not trained twice.
    assert [(line["stage"], line["step"]) for line in others] == [
        (line["stage"], line["step"]) for line in ours
    ]
    for number, (line, other) in enumerate(zip(ours, others, strict=True)):
        # Sums of parts round in another way. A step of Adam is as long for a gradient of rounding
        # alone as for a real one; the presence shows it on some processors.
        presence = other.get("presence", 0.0)
        assert presence == pytest.approx(line.get("presence", 0.0), abs=1e-3 if number else 1e-4)
        assert {**other, "presence": 0.0} == pytest.approx({**line, "presence": 0.0}, abs=1e-4)
    weights, first, second = (
        torch.load(file, weights_only=True)
        for file in (
            one / name / "averaged-0.pt",
            two / name / "averaged-0.pt",
            two / name / "averaged-1.pt",
        )
    )
    for key in weights:
        assert torch.equal(first[key], second[key])
        assert torch.allclose(first[key].float(), weights[key].float(), atol=1e-4)


@pytest.mark.parametrize("name", TRAININGS)
def test_one_process_alone_keeps_the_best_weights(name: str, two: Path):
    assert (two / name / "best-0").exists() and not (two / name / "best-1").exists()


def test_each_process_draws_its_share(one: Path, two: Path):
    drawn = [
        json.loads((two / "quality" / f"drawn-{rank}.json").read_text(encoding="utf-8"))
        for rank in (0, 1)
    ]
    assert drawn == [[2], [2]]
    assert [list(Processes(rank, 2, 4).own_parts) for rank in (0, 1)] == [[0, 1], [2, 3]]


def test_a_training_goes_on_with_the_batches_that_it_began_with(two: Path):
    with training_processes(two / "quality", "cpu") as (processes, _):
        assert processes == Processes(0, 1, 2)
    with training_processes(two / "elsewhere", "cpu") as (processes, _):
        assert processes == Processes()


def test_processes_that_do_not_fit_are_refused(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(HermesError, match="cannot be divided among 3"):
        Processes(0, 3, 3).part_of(16)
    monkeypatch.setenv("WORLD_SIZE", "2")
    # A training that knows nothing of the other processes would write over their files.
    with pytest.raises(HermesError, match="without torchrun"):
        TrainingRun(tmp_path, {})


def test_the_mean_over_present_slices_is_unchanged_in_one_process():
    losses = torch.tensor([1.0, 2.0, 6.0])
    assert mean_over(losses, torch.tensor([1.0, 0.0, 1.0])).item() == 3.5
    assert mean_over(losses, torch.zeros(3)).item() == 0.0
