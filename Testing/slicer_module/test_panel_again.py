"""A slice that is run again, from its prompt as markups or from its mask."""

import json

import numpy as np
import pytest
import slicer

from HermesLib.refinement.events import Status
from Testing.slicer_module.driving import GLAND, LARGE, click, play
from Testing.slicer_module.events import iteration


def test_the_prompt_is_drawn_at_its_place_in_the_patient(reviewed):
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    centre, size = [0.0] * 3, roi.GetSize()
    roi.GetCenter(centre)
    frame = reviewed.review.run.frame
    # Box(5, 6, 30, 28) in pixel edges: its centre is at column 17.0 and row 16.5.
    assert np.allclose(centre, frame.to_ras(3, np.array(16.5), np.array(17.0)), atol=1e-4)
    assert np.allclose(size[:2], [25 * 0.7, 22 * 0.7], atol=1e-4)


def test_a_box_that_the_user_moved_is_the_prompt_of_the_next_run(reviewed, engine):
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    click(reviewed.ui.fromPromptButton)
    unmoved = json.loads(engine.requests[-1].first_prompt.read_text(encoding="utf-8"))
    assert unmoved == {"kind": "box", "xyxy": pytest.approx((5, 6, 30, 28), abs=1e-3)}
    play(reviewed, engine, [iteration(3, 0, LARGE, GLAND, 0.4, "stopped")])
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    frame = reviewed.review.run.frame
    step = frame.to_ras(3, np.array(2.0), np.array(4.0)) - frame.to_ras(
        3, np.array(0.0), np.array(0.0)
    )
    centre = [0.0] * 3
    roi.GetCenter(centre)
    roi.SetCenter(*(centre + step))
    click(reviewed.ui.fromPromptButton)
    moved = json.loads(engine.requests[-1].first_prompt.read_text(encoding="utf-8"))
    assert moved["xyxy"] == pytest.approx((9, 8, 34, 30), abs=1e-3)
    assert engine.requests[-1].command[-2:] == ("--first-prompt", "prompt.json")
    assert engine.requests[-1].slices == (3, 4)


@pytest.mark.parametrize("kind", ["clicks", "scribbles"])
def test_clicks_and_scribbles_are_read_back_unchanged(reviewed, kind):
    from HermesLib.prompts.clicks import Clicks
    from HermesLib.prompts.scribbles import Scribbles
    from HermesSegmentLib.prompt_markups import read_prompt, show_prompt

    run = reviewed.review.run
    if kind == "clicks":
        prompt = Clicks(np.array([[12, 10], [29, 24]]), np.array([[40, 3]]))
    else:
        positive, negative = np.zeros((2, 40, 50), bool)
        positive[12, 14:28], positive[20:24, 33], negative[35, 5:40] = True, True, True
        prompt = Scribbles(positive, negative)
    show_prompt(run.node, prompt.to_plain(), run.frame, 3)
    back = read_prompt(run.node, run.frame)
    assert back.kind == kind
    if kind == "clicks":
        assert np.array_equal(back.positive, prompt.positive) and np.array_equal(
            back.negative, prompt.negative
        )
    else:
        for sign in ("positive", "negative"):
            read, written = getattr(back, sign), getattr(prompt, sign)
            assert not (read & ~written).any()
            # A line with a point at every third pixel may end two pixels early.
            assert (written & ~read).sum() <= 2 * (2 if sign == "positive" else 1)


def test_a_mixed_prompt_is_read_back_unchanged(reviewed):
    from HermesLib.prompts.boxes import Box
    from HermesLib.prompts.clicks import Clicks
    from HermesLib.prompts.mixed import mix
    from HermesSegmentLib.prompt_markups import read_prompt, show_prompt

    run = reviewed.review.run
    clicks = Clicks(np.array([[12, 10], [29, 24]]), np.array([[40, 3]]))
    show_prompt(run.node, mix(Box(5, 6, 30, 28), clicks).to_plain(), run.frame, 3)
    read = read_prompt(run.node, run.frame)
    assert read.kind == "box+clicks"
    assert read.part("box").edges == pytest.approx((5, 6, 30, 28), abs=1e-3)
    assert np.array_equal(read.part("clicks").positive, clicks.positive)
    assert np.array_equal(read.part("clicks").negative, clicks.negative)


def test_running_again_starts_from_the_mask_in_the_result(reviewed, engine):
    click(reviewed.ui.acceptButton)
    click(reviewed.ui.fromMaskButton)
    request = engine.requests[-1]
    assert request.slices == (3, 4)
    import SimpleITK

    assert np.array_equal(
        SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(request.init)))[3] > 0, LARGE
    )
    play(
        reviewed,
        engine,
        [iteration(3, 0, LARGE, GLAND, 0.4), iteration(3, 1, GLAND, GLAND, 0.96, "accepted")],
    )
    slice_record = reviewed.review.run.record.slices[3]
    assert len(slice_record.iterations) == 4 and slice_record.best == 3
    assert slice_record.status is Status.ACCEPTED
    assert np.array_equal(reviewed.review.run.mask(3, 3), GLAND)
    from HermesSegmentLib.review_report import report

    content = report(reviewed.review)
    entry = next(entry for entry in content["slices"] if entry["index"] == 3)
    # The report describes the slice as it is now, not the first run.
    assert (entry["status"], entry["best"], len(entry["iterations"])) == ("accepted", 3, 4)
    assert content["summary"]["accepted"] == 2 and content["summary"]["stopped"] == 1
