"""The Setup section: importing weights, and the terms of the bundled ones."""

import inspect
from pathlib import Path

import pytest
import qt
import slicer

from HermesLib.engine.messages import Failed, Finished
from HermesLib.runs.request import ImportRequest
from HermesSegmentLib import setup_section, terms
from Testing.slicer_module.driving import click, drain, play


@pytest.fixture
def chosen(monkeypatch, tmp_path) -> Path:
    """The file that the user selects."""
    path = tmp_path / "official.pth"
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    return path


def test_weights_are_imported_by_the_engine_while_the_panel_stays_usable(panel, engine, chosen):
    click(panel.ui.importButton)
    assert engine.requests == [ImportRequest(chosen)]
    assert panel.ui.statusLabel.text == "Importing official.pth..."
    assert not panel.ui.importButton.enabled and panel.ui.runButton.text == "Cancel"
    engine.say(Finished({"imported": "official.pth"}))
    drain(panel, engine)
    assert panel.ui.statusLabel.text == "Imported: official.pth" and panel.ui.importButton.enabled
    click(panel.ui.runButton)
    play(panel, engine)
    assert panel.ui.statusLabel.text.startswith("Done: ")


def test_a_file_that_is_refused_is_named_with_its_reason(panel, engine, chosen):
    click(panel.ui.importButton)
    engine.say(Failed("official.pth holds no weights", None))
    drain(panel, engine)
    assert panel.ui.statusLabel.text.endswith("official.pth holds no weights")


def test_no_window_of_a_console_flashes_as_the_module_starts_no_other_process():
    from HermesLib.engine import process

    assert "subprocess" not in inspect.getsource(setup_section)
    assert "CREATE_NO_WINDOW" in inspect.getsource(process)


@pytest.fixture
def answers(monkeypatch) -> list[bool]:
    """What the user answers, the last one first; asked outside a test of Slicer."""
    given: list[bool] = []
    monkeypatch.setattr(slicer.app, "testingEnabled", lambda: False)
    monkeypatch.setattr(slicer.app, "_settings", {})
    monkeypatch.setattr(slicer.util, "confirmYesNoDisplay", lambda *_, **__: given.pop())
    return given


def test_the_terms_of_the_weights_are_accepted_once_before_the_first_run(panel, engine, answers):
    answers.append(False)
    click(panel.ui.runButton)
    assert engine.requests == [] and panel.ui.runButton.text == "Run"
    answers.append(True)
    click(panel.ui.runButton)
    assert len(engine.requests) == 1
    play(panel, engine)
    click(panel.ui.runButton)
    assert len(engine.requests) == 2 and answers == []
    assert "research" in terms.terms_text()
