"""No training of the research wing reads the patients that the project reports figures on."""

from pathlib import Path

import pytest

from HermesLib.datasets.splits import SplitOptions
from HermesLib.presets.registry import load_preset
from HermesLib.research.promptable.training import train_promptable
from HermesLib.research.release.terms import TERMS, split_notes
from HermesLib.research.release.test_patients import BTCV_TEST, TEST_PATIENTS, without_test_patients
from HermesLib.research.rivals.training import train_rival
from HermesLib.training.job import TrainingJob
from HermesLib.training.trainer import TrainerSettings


@pytest.mark.parametrize("patient", ["prostatex-101", "ProstateX-0004", *BTCV_TEST])
def test_the_projects_test_patients_are_left_out_beside_those_of_the_job(patient: str):
    job = TrainingJob([], Path("x"), SplitOptions(leave_out=("mine-1",)))
    options = without_test_patients(job).split
    assert options.leaves_out(patient) and options.leaves_out(f"{patient}-unlabelled")
    assert options.leaves_out("mine-1")
    assert not options.leaves_out("promise12-4") and not options.leaves_out("btcv-6")


@pytest.mark.parametrize("kind", ["rival", "promptable"])
def test_rivals_and_small_models_are_trained_without_them(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class StopError(Exception):
        pass

    def read(self: TrainingJob, seed: int) -> None:
        assert set(TEST_PATIENTS) <= set(self.split.leave_out)
        raise StopError

    monkeypatch.setattr(TrainingJob, "read", read)
    job = TrainingJob([], tmp_path)
    with pytest.raises(StopError):
        if kind == "rival":
            train_rival("galati", load_preset("spleen-ct"), job, TrainerSettings())
        else:
            train_promptable("mideepseg", job, TrainerSettings())


def test_cards_of_the_project_name_its_terms_and_test_patients():
    assert "research use" in TERMS["promise12"]
    assert len(split_notes(["promise12"])) == 1 and len(split_notes(["picai-masks"])) == 2
