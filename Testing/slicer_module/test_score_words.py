"""With a guide or a judge of its own, the panel never calls a score the quality of a mask."""

from dataclasses import replace

import pytest

from HermesLib.engine.messages import Finished
from HermesLib.refinement.events import Status
from HermesLib.report.words import score_words
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import RunRecord
from Testing.slicer_module.driving import REPORT, RUN, click, drain
from Testing.slicer_module.events import opened, record


def uncalibrated(messages: list) -> list:
    """The messages of a run whose score accepts nothing."""
    accepted = Status.ACCEPTED
    return [replace(m, status=Status.STOPPED) if m.status is accepted else m for m in messages]


def play(panel, engine, score: str) -> None:
    click(panel.ui.runButton)
    engine.say(replace(opened((2, 3, 4)), score=score), *uncalibrated(RUN[:4]))
    panel.control.tick()
    drain(panel, engine)


def shown(panel) -> str:
    """All that the panel says of the scores of a run."""
    ui, table = panel.ui, panel.ui.sliceTable
    headings = [table.horizontalHeaderItem(column) for column in range(table.columnCount)]
    chart = panel.review.run.get("chart")
    return " | ".join(
        [
            ui.statusLabel.text,
            ui.summaryLabel.text,
            ui.iterationLabel.text,
            ui.whereLabel.text,
            *(item.text().replace("\n", " ").lower() + item.toolTip() for item in headings),
            *([chart.GetYAxisTitle()] if chart is not None else []),
        ]
    )


@pytest.mark.parametrize("score", ["agreement", "judged"])
def test_scores_that_estimate_nothing_are_named_for_what_they_are(panel, engine, score):
    play(panel, engine, score)
    words = score_words(score)
    assert f"{words.name} 0.97" in panel.ui.statusLabel.text
    engine.say(*RUN[4:], Finished(REPORT))
    drain(panel, engine)
    text = shown(panel)
    assert "estimated" not in text.lower() and "true Dice" not in text
    assert panel.ui.summaryLabel.text.endswith(f"<i>{words.caution}</i>")
    assert f"{words.name} of the whole" in panel.ui.summaryLabel.text
    assert panel.ui.iterationLabel.text.split(", ")[1].startswith(words.name)
    # Slice 3 stopped at 0.97: it reached the threshold, and a reader decides.
    assert "1 of 3 slices reached 0.90, 2 below" in panel.ui.statusLabel.text
    assert "1 with a score that accepts nothing" in panel.ui.summaryLabel.text
    assert not panel.ui.acceptAllButton.enabled

    again = RunNodes(panel.review.run.node)
    assert again.record.score == score, "kept with the scene"


def test_an_estimate_keeps_its_name(panel, engine):
    play(panel, engine, "calibrated")
    engine.say(*RUN[4:], Finished(REPORT))
    drain(panel, engine)
    assert "estimated quality of the whole" in shown(panel)
    assert "no estimate" not in shown(panel)


def test_a_slice_that_is_run_again_with_another_guide_makes_the_scores_incomparable():
    kept: RunRecord = record()
    kept.take_score("calibrated")
    kept.open((6, 40, 50), (2, 1, 0), (False,) * 3, (2,))
    kept.add(RUN[0])
    kept.take_score("calibrated")
    assert kept.score == "calibrated"
    kept.take_score("agreement")
    assert score_words(kept.score).caution.startswith("the scores are of different kinds")
