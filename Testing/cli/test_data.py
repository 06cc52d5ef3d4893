"""``hermes data``: a user learns what is found in a data set, what is skipped, and why."""

from pathlib import Path

from HermesLib.cli.card_command import card_command
from HermesLib.datasets.readers.registry import READERS, list_data
from Testing.cli.conftest import Hermes
from Testing.datasets.readers import layouts


def test_the_list_has_every_layout_with_its_licence(hermes: Hermes):
    text = "\n".join(hermes("data", "list").out)
    for entry in READERS.values():
        assert entry.form in text
        assert entry.licence in text


def test_a_check_counts_what_can_be_used_and_names_what_cannot(hermes: Hermes, tmp_path: Path):
    folder = layouts.make_flare21(tmp_path / "flare")
    layouts.write_coarse(folder / "TrainingMask/train_001.nii.gz", layouts.organ(3))
    table = tmp_path / "usable.csv"
    result = hermes("data", "check", f"flare21:{folder}", "--organ", "spleen", "-o", table)
    assert result.code == 0, result.err
    text = "\n".join(result.out)
    assert "found: 3 CT images with masks of 3 patients, no official split" in text
    assert "usable: 2 of 3 images, 4 of 6 slices show the organ" in text
    assert "1 x the mask is empty: train_002" in text
    assert "1 x no mask, as of validation and test images: validation_001" in text
    assert "1 x the mask is on another grid and is resampled: train_001" in text
    again = list_data(f"pairs:{table}", "spleen")
    assert [case.identity for case in again.cases] == ["flare21-train_000", "flare21-train_001"]
    assert {case.truth.values for case in again.cases} == {(3,)}


def test_a_check_without_anything_usable_ends_with_an_error(hermes: Hermes, tmp_path: Path):
    folder = layouts.make_flare21(tmp_path)
    for path in (folder / "TrainingImg").iterdir():
        path.write_bytes(b"not an image")
    result = hermes("data", "check", f"flare21:{folder}")
    assert result.code == 2
    assert result.err[-1].endswith("nothing can be used; the lines above say why")
    assert any("train_000" in line for line in result.out)
    assert hermes("data", "check", f"flare21:{folder}", "--quick").code == 0


def test_a_layout_that_is_not_known_is_refused_with_those_that_are(hermes: Hermes):
    result = hermes("data", "check", "picia:images:labels")
    assert result.code == 2
    assert "picai:IMAGES:LABELS" in result.err[-1]


def test_a_model_card_names_the_layout_and_no_folder():
    words = ["train", "quality", "--data", "picai:/doe/images:/doe/labels:guerbet23"]
    assert card_command(words, []) == ("hermes train quality --data picai:FOLDER:FOLDER:guerbet23")
