"""The tutorial's steps, done on the panel, and its words against those of the panel."""

import re
from pathlib import Path

from HermesLib.engine.messages import Finished
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.run_summary import BRIEF
from HermesSegmentLib.slice_record import Decision
from Testing.slicer_module.driving import GLAND, LARGE, click, drain, marked_report, press
from Testing.slicer_module.events import iteration, opened

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_one_click_loads_the_sample_and_runs_on_it(widget, engine):
    click(widget.panel.ui.sampleButton)
    assert widget.panel.control.running
    (request,) = engine.requests
    assert request.preset == "prostate-t2" and widget.panel.parameters.volume is not None


def test_what_reached_is_accepted_the_rest_is_worked_off_and_exported(panel, engine, scene):
    ui = panel.ui
    click(ui.runButton)
    engine.say(
        opened((2, 3, 4)),
        iteration(2, 0, GLAND, GLAND, 0.97, "accepted"),
        iteration(3, 0, LARGE, GLAND, 0.35, "stopped"),
        iteration(4, 0, LARGE, GLAND, 0.6, "stopped"),
        Finished(marked_report({})),
    )
    drain(panel, engine)
    # Step 3: two lines sum it up.
    assert "ml" in ui.summaryLabel.text and "slices need a look" in ui.summaryLabel.text
    # Step 4.
    assert ui.acceptAllButton.text == "Accept all that reached 0.90 (1)"
    click(ui.acceptAllButton)
    # Step 5, by button and by key: the worst comes first.
    record = panel.review.run.record.slices
    assert panel.review.slice_index == 3
    press(panel, "X")
    assert record[3].decision is Decision.REJECTED
    press(panel, "U")
    assert record[3].decision is Decision.NONE
    click(ui.rejectButton)
    press(panel, "N")
    assert panel.review.slice_index == 4
    press(panel, "A")
    assert [record[index].decision for index in (2, 4)] == [Decision.ACCEPTED] * 2
    # Step 6.
    click(ui.exportNodeButton)
    assert "Exported to" in ui.exportNote.text
    (exported,) = [
        node
        for node in scene.GetNodesByClass("vtkMRMLSegmentationNode")
        if "segmentation" in node.GetName()
    ]
    assert exported.GetSegmentation().GetNumberOfSegments() == 1


def test_the_pages_buttons_are_those_of_the_panel(panel):
    ui = panel.ui
    texts = [getattr(widget, "text", "") for widget in vars(ui).values()]
    for button in (
        "Try with sample",
        "Install",
        "Next to look at",
        "Undo",
        "To segmentation",
        "To file...",
        "DICOM SEG...",
        "Report...",
        "Rerun from prompt",
    ):
        assert f"*{button}*" in PAGE and button in texts, button


def test_every_mark_is_explained_in_the_panels_words():
    explained = set(re.findall(r"\| \*([a-z ]+)\*:", PAGE))
    assert explained == {BRIEF[mark] for mark in Mark}
