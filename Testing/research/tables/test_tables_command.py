"""The command of the tables: one small suite that is continued, and refused cases."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from HermesLib.cli.main import main
from HermesLib.evaluation.traces import replay
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.rivals.registry import bundled_rivals
from HermesLib.research.tables.design import HERMES, UNET
from HermesLib.research.tables.store import traces_of
from HermesLib.resources import resource_path
from HermesLib.weights.bundled import MANIFEST, bundled_checkpoint
from Testing.datasets.made import make_decathlon
from Testing.rivals_weights import needs_rivals

#: Rivals whose search, sampling or loop takes most of the time, and one that adds nothing to what
#: is tested. Their figures have a test of their own.
SLOW_RIVALS = ("nnqc", "wang", "error-map", "mask-regression")


def without_slow_rivals(folder: Path) -> Path:
    """The bundled resources, with a list of rivals that lacks the slow ones."""
    resources = resource_path()
    shutil.copytree(resources / "Research", folder / "Research", copy_function=os.symlink)
    for name in ("Presets", "Weights"):
        (folder / name).symlink_to(resources / name, target_is_directory=True)
    manifest = folder / "Research" / MANIFEST
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.unlink()
    kept = [entry for entry in entries if not entry["name"].startswith(SLOW_RIVALS)]
    manifest.write_text(json.dumps(kept), encoding="utf-8")
    return folder


@needs_rivals
@pytest.mark.long
def test_one_command_writes_page_and_figures_and_continues_where_it_was_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HERMES_RESOURCES", str(without_slow_rivals(tmp_path / "resources")))
    folder = tmp_path / "made"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=1, slices=1)
    words = [
        "research",
        "tables",
        "--cases",
        f"prostate-t2=decathlon:{folder}",
        "--quick",
        "--workers",
        "1",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main(words) == 0
    assert "about" in capsys.readouterr().err
    with open(tmp_path / "out" / "tables.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    model = load_preset("prostate-t2").model
    rivals = len(bundled_rivals(load_preset("prostate-t2")))
    assert {(row["model"], row["threshold"]) for row in rows} == {(model, "0.9")}
    assert {row["source"] for row in rows} == {HERMES, UNET, "cvae", "galati", "postdae"}
    written = json.loads((tmp_path / "out" / "tables.json").read_text(encoding="utf-8"))
    assert written["provenance"]["cases"] == {"prostate-t2": 1}
    assert all(0 <= row["final"][0] <= 1 for row in written["rows"])
    page = (tmp_path / "out" / "tables.html").read_text(encoding="utf-8")
    for title in (
        "Table 1",
        "Table 2",
        "Table 3",
        "Oracle prompts",
        "Is the loop worth it",
        "HERMES against each rival",
    ):
        assert title in page
    part = tmp_path / "out" / "measured" / f"prostate-t2_{model}_HERMES.json"
    measured = part.read_text(encoding="utf-8")
    (trace,) = (one for one in traces_of(json.loads(measured)["rows"]) if one.organ)
    final = replay(trace, RefinementSettings(threshold=0.9)).final_dsc
    (row,) = (row for row in rows if row["source"] == HERMES)
    assert float(row["final"]) == pytest.approx(final, abs=1e-4)
    part.unlink()
    assert main(words) == 0
    runs = len(rows)
    assert capsys.readouterr().err.count("measured before") == (runs - 1) + 1 + (2 + rivals)
    assert part.read_text(encoding="utf-8") == measured

    assert main([*words, "--sources", "cvae", "regression"]) == 0
    assert "about" not in capsys.readouterr().err, "measured again"
    chosen = json.loads((tmp_path / "out" / "sources.json").read_text(encoding="utf-8"))
    assert chosen["rows"] == [row for row in written["rows"] if row["source"] == "cvae"]
    judges = written["judges"]["prostate-t2"]
    assert chosen["judges"] == {
        "prostate-t2": {name: judges[name] for name in ("cvae", "regression")}
    }
    assert json.loads((tmp_path / "out" / "tables.json").read_text(encoding="utf-8")) == written
    assert main([*words, "--sources", "nobody"]) == 2
    assert "unknown source 'nobody'; choose HERMES" in capsys.readouterr().err


@needs_rivals
def test_cases_of_training_patients_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "made"
    folder.mkdir()
    make_decathlon(folder, "MRI", "prostate", patients=1)
    table = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    stem = Path(table["training"][0]["image"]).name.split(".")[0]
    trained = bundled_checkpoint("qc-prostate-t2").training["split"]["train"]
    number = next(patient for patient in trained if patient.startswith("promise12-")).removeprefix(
        "promise12-"
    )
    for name in ("image", "label"):
        path = folder / table["training"][0][name]
        renamed = path.with_name(path.name.replace(stem, f"Case{number}"))
        path.rename(renamed)
        table["training"][0][name] = str(renamed.relative_to(folder))
    (folder / "dataset.json").write_text(
        json.dumps({**table, "name": "promise12"}), encoding="utf-8"
    )
    assert (
        main(
            [
                "research",
                "tables",
                "--cases",
                f"prostate-t2=decathlon:{folder}",
                "--quick",
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 2
    )
    assert f"was trained on promise12-{number}" in capsys.readouterr().err
