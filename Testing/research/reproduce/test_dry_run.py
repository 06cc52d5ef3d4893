"""Before a reproduction begins: what is missing, how long it takes, and who may train."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from HermesLib.cli.main import main
from HermesLib.errors import HermesError
from HermesLib.research.reproduce.request import (
    ReproduceRequest,
    prostate_experiment,
    spleen_experiment,
)
from HermesLib.research.reproduce.tables_of_cases import write_tables
from Testing.datasets.readers import layouts
from Testing.research.reproduce.miniature import make_data, words


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_dry_run_tells_data_weights_disk_memory_and_time_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = make_data(tmp_path)
    assert main(words(data, tmp_path / "paper", "--dry-run")) == 0
    out = capsys.readouterr().out
    assert "prostate, data: 3 training studies, 3 test studies; 1 with an expert mask" in out
    assert "spleen, data: 4 training studies, 1 test studies" in out
    assert "weights of medsam: the bundled small ones" in out
    for what in ("device", "prostate, time: reading", "spleen, time: reading", "disk", "memory"):
        assert f"  {what}" in out
    assert not (tmp_path / "paper").exists()


def test_what_is_missing_is_listed_together_and_nothing_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    images, labels = layouts.make_picai(tmp_path)
    data = ["--picai", f"{images}:{labels}", "--flare21", str(tmp_path / "lost")]
    wrong = ["--weights", f"medsam={tmp_path / 'medsam.pth'}", "--weights", "sam=file"]
    assert main(words(data, tmp_path / "paper", *wrong)) == 2
    written = capsys.readouterr()
    for what in ("weights of medsam", "sam", "spleen, data"):
        assert f"MISSING  {what}: " in written.out
    assert "cannot reproduce the paper: weights of medsam; sam; spleen, data" in written.err
    assert not (tmp_path / "paper").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "name the data"),
        (["--prostatex", "images:labels"], "after a training on --picai"),
        (["--flare21", "folder", "--rivals", "unet"], "no such rival: unet"),
        (["--flare21", "folder", "--weights", "medsam"], "MODEL=FILE"),
        (["--picai", "images"], "picai:IMAGES:LABELS"),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(
    more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(words(more, tmp_path / "paper")) == 2
    assert message in capsys.readouterr().err


def test_no_study_of_prostatex_trains_and_all_of_them_test(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    experts = layouts.make_experts(tmp_path)
    one = prostate_experiment(f"{images}:{labels}", f"{images}:{labels}:guerbet23:expert={experts}")
    request = ReproduceRequest((one,), tmp_path / "paper")
    tables = write_tables(request, one, tmp_path, lambda done, total: None)
    train = rows_of(tables.train)
    assert {row["patient"] for row in train} == {"picai-10000", "picai-11054"}
    assert {row["split"] for row in train} == {"train", "validation"}
    assert len({(row["patient"], row["split"]) for row in train}) == 2
    test = rows_of(tables.test)
    assert [row["patient"] for row in test] == ["prostatex-0", "prostatex-25", "prostatex-25"]
    assert "Guerbet23" in test[0]["mask"]
    assert tables.expert is not None
    (expert,) = rows_of(tables.expert)
    assert expert["image"] == test[0]["image"]
    assert "PROSTATEx_masks" in expert["mask"]
    reasons = {row["name"]: row["reason"] for row in rows_of(tmp_path / "skipped.csv")}
    assert reasons["10001_1000001"] == "no mask in Bosma22b"


def test_a_fifth_of_flare21_tests_and_an_empty_mask_does_not(tmp_path: Path):
    one = spleen_experiment(str(layouts.make_flare21(tmp_path / "flare", cases=6)))
    request = ReproduceRequest((one,), tmp_path)
    tables = write_tables(request, one, tmp_path, lambda done, total: None)
    train, test = (
        {row["patient"] for row in rows_of(path)} for path in (tables.train, tables.test)
    )
    assert len(test) == 1
    assert len(train) == 4
    assert not train & test
    assert "flare21-train_002" not in train | test


def test_a_limit_draws_the_same_studies_again(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    one = prostate_experiment(f"{images}:{labels}", None)
    request = ReproduceRequest((one,), tmp_path, limit=2)
    drawn = []
    for _ in range(2):
        tables = write_tables(request, one, tmp_path, lambda done, total: None)
        drawn.append(rows_of(tables.train))
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 2


def test_a_folder_with_another_reproduction_is_not_continued(tmp_path: Path):
    request = ReproduceRequest((spleen_experiment("folder"),), tmp_path)
    request.keep_settings()
    replace(request, device="cuda", workers=4).keep_settings()
    with pytest.raises(HermesError, match="other limit, seed"):
        replace(request, seed=1, limit=700).keep_settings()
    assert json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))["seed"] == 0
