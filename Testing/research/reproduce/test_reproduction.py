"""The whole reproduction on miniature data, from the official folders to the page."""

import json
import re
from pathlib import Path

import pytest

from HermesLib.cli.main import main
from HermesLib.weights.checkpoint import load_checkpoint
from Testing.datasets.readers import layouts
from Testing.research.reproduce.miniature import make_data, words

#: Fewer than the readers' tests have: every slice is refined by three models and three sources.
TEST_STUDIES = {
    "11373_1001396": "ProstateX-0000_07-07-2011",
    "11400_1001423": "ProstateX-0025_10-21-2011",
}


@pytest.mark.long
def test_one_command_goes_from_the_official_folders_to_the_papers_page_and_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    command = words(make_data(tmp_path, TEST_STUDIES), tmp_path / "paper", "--rivals", "postdae")
    assert main(command) == 0, capsys.readouterr().err
    paper = tmp_path / "paper"
    page = (paper / "paper.html").read_text(encoding="utf-8")
    for title in ("Table 1", "Table 2", "Table 3", "Figure 2", "Algorithm&#x27;s and experts"):
        assert title in page
    rows = dict(re.findall(r"<tr><td>(true Dice at [\d.]+), all models</td><td>([\d.]+)", page))
    assert rows == {
        "true Dice at 0.7": "0.74",
        "true Dice at 0.8": "0.81",
        "true Dice at 0.9": "0.85",
    }
    assert "QUICK" in page
    for name in ("prostate", "spleen"):
        training = load_checkpoint(paper / name / f"{name}-paper.safetensors").training
        trained = {*training["split"]["train"], *training["split"]["validation"]}
        assert trained
        assert not [patient for patient in trained if patient.startswith("prostatex")]
    agreement = json.loads((paper / "prostate" / "truths.json").read_text(encoding="utf-8"))
    assert agreement["patients"] == 2
    assert 0.5 < agreement["volume_dice"] < 1
    # A stage that is taken out of the record, as if it was interrupted, is all that runs again.
    record = paper / "stages.json"
    done = json.loads(record.read_text(encoding="utf-8"))
    del done["spleen: measure"]
    record.write_text(json.dumps(done), encoding="utf-8")
    capsys.readouterr()
    assert main(command) == 0
    said = capsys.readouterr().err
    assert said.count("done before") == len(done)
    assert "stage 9 of 9, spleen: measure\n" in said
    assert "measured before" in said


@pytest.mark.long
def test_rivals_that_are_named_are_trained_and_measured_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    flare = layouts.make_flare21(tmp_path / "flare21", cases=5)
    rivals = ["galati", "wang"]
    command = words(["--flare21", str(flare)], tmp_path / "paper", "--rivals", *rivals)
    assert main(command) == 0, capsys.readouterr().err
    for rival in rivals:
        weights = load_checkpoint(tmp_path / f"paper/spleen/rivals/{rival}/model.safetensors")
        assert weights.training["split"]["train"]
    done = json.loads((tmp_path / "paper" / "stages.json").read_text(encoding="utf-8"))
    assert {f"spleen: train {rival}" for rival in rivals} <= done.keys()
