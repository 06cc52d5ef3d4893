"""The record of a run as text in the scene."""

import json

import pytest

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.run_record import Decision, RunRecord
from Testing.slicer_module.driving import RUN
from Testing.slicer_module.events import record

#: As scenes of earlier versions hold it.
EARLIER = {
    "request": {"preset": "prostate-t2", "model": "medsam", "seed": 0},
    "organ": {"scheme": "SCT", "value": "41216001", "meaning": "Prostate"},
    "threshold": 0.9,
    "shape": [6, 40, 50],
    "order": [2, 1, 0],
    "backwards": [False, False, False],
    "slices": [
        {
            "index": 2,
            "iterations": [
                {
                    "pdsc": 0.97,
                    "low": 0.9,
                    "high": 1.0,
                    "prompt": {"kind": "box", "xyxy": [5, 6, 30, 28]},
                    "seconds": 0.5,
                }
            ],
            "status": "accepted",
            "decision": "edited",
            "chosen": 0,
            "borderline": False,
        },
        {
            "index": 3,
            "iterations": [],
            "status": "running",
            "decision": "",
            "chosen": None,
            "borderline": True,
        },
    ],
    "unfamiliar": [3],
    "report": None,
}


def finished() -> RunRecord:
    run = record()
    run.open((6, 40, 50), (2, 1, 0), (False, False, False), (2, 3, 4))
    for event in RUN:
        run.add(event)
    return run


def test_a_record_is_the_same_after_a_round_trip_through_text():
    run = finished()
    run.slices[3].decision, run.slices[3].chosen = Decision.ACCEPTED, 1
    run.out_of_distribution = [4]
    run.slices[4].marks = [Mark.GAP, Mark.UNFAMILIAR]
    assert RunRecord.from_json(run.to_json()) == run


def test_scenes_of_earlier_versions_can_be_loaded():
    run = RunRecord.from_json(json.dumps(EARLIER))
    assert run.slices[2].status is Status.ACCEPTED and run.slices[3].status is None
    assert run.slices[2].decision is Decision.EDITED and run.slices[2].accepted
    assert run.slices[2].iterations[0].prompt == {"kind": "box", "xyxy": [5, 6, 30, 28]}
    assert run.out_of_distribution == [3] and run.is_out_of_distribution(3)


def test_a_text_that_is_not_a_record_is_refused():
    for text in ("", "[]", '{"slices": [{}]}'):
        with pytest.raises(ValueError):
            RunRecord.from_json(text)


def test_slices_below_the_threshold_come_first_for_review_and_the_worst_of_them_before_all():
    assert [entry.index for entry in finished().worst_first()] == [3, 4, 2]
    assert [entry.needs_review for entry in finished().worst_first()] == [True, True, False]


def test_an_interrupted_run_keeps_what_has_iterations_and_calls_it_stopped():
    run = record()
    run.open((6, 40, 50), (2, 1, 0), (False, False, False), (2, 3, 4))
    run.add(RUN[0])
    run.close()
    assert list(run.slices) == [2] and run.slices[2].status is Status.STOPPED
