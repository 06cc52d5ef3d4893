"""Frames and messages between the engine and its client."""

import dataclasses
import io
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from HermesLib.engine.messages import (
    Cancelled,
    Failed,
    Finished,
    Opened,
    Ready,
    message_frame,
    read_message,
    read_request,
    request_frame,
)
from HermesLib.engine.wire import Frame, FrameError, read_frames, write_frame
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.mixed import Mixed
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration, Spread, Status
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import AssessRequest, RefineRequest

SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
KINDS = st.sampled_from(
    [np.dtype(name) for name in ("bool", "uint8", "int64", "float16", "float32")]
)


def there_and_back(frame: Frame) -> Frame:
    stream = io.BytesIO()
    write_frame(stream, frame)
    stream.seek(0)
    (received,) = read_frames(stream.read)
    return received


@given(st.lists(KINDS.flatmap(lambda kind: arrays.arrays(kind, SHAPES)), max_size=3))
def test_arrays_survive_the_pipe(sent):
    frame = there_and_back(
        Frame({"kind": "x", "run": 1}, {str(k): array for k, array in enumerate(sent)})
    )
    for k, array in enumerate(sent):
        received = frame.arrays[str(k)]
        assert received.dtype == array.dtype and received.shape == array.shape
        assert received.tobytes() == array.tobytes()


@given(st.binary(min_size=1, max_size=200))
def test_bytes_that_are_not_a_frame_are_refused(content):
    with pytest.raises(FrameError):
        list(read_frames(io.BytesIO(content).read))


@pytest.mark.parametrize("cut", [5, 20, -1])
def test_a_frame_that_is_cut_off_is_refused(cut):
    stream = io.BytesIO()
    write_frame(stream, Frame({"kind": "x", "run": 1}, {"mask": np.ones((4, 5), bool)}))
    with pytest.raises(FrameError):
        list(read_frames(io.BytesIO(stream.getvalue()[:cut]).read))


PROMPTS = [
    Box(1.5, 2.0, 30.25, 40.0),
    Scribbles(np.eye(6, dtype=bool), np.zeros((6, 6), bool)),
    Clicks(np.array([[3, 4], [5, 1]]), np.zeros((0, 2), np.int64)),
    Mixed((Box(1.0, 2.0, 3.0, 4.0), Clicks(np.array([[3, 4]]), np.zeros((0, 2), np.int64)))),
]
#: A value for every type of a field of Iteration, none of them a default.
VALUES = {
    int: 3,
    float: 0.625,
    bool: True,
    np.ndarray: np.random.default_rng(0).random((6, 5)) > 0.5,
    float | None: 0.25,
    Status | None: Status.STOPPED,
    Spread | None: Spread(np.eye(5, dtype=bool), np.ones((5, 5), bool)),
}


def iteration(prompt: Prompt | None) -> Iteration:
    """An iteration with a value of its own in every field, whatever fields there are."""
    hints = get_type_hints(Iteration)
    names = [field.name for field in dataclasses.fields(Iteration)]
    return Iteration(**{name: VALUES.get(hints[name], prompt) for name in names})


def assert_equal(received: object, sent: object, name: str) -> None:
    assert type(received) is type(sent), name
    if name == "prompt" and sent is not None:
        assert received.kind == sent.kind and received.arrays().keys() == sent.arrays().keys()
        for part, array in sent.arrays().items():
            assert_equal(received.arrays()[part], array, part)
    elif isinstance(sent, Spread):
        for part in ("certain", "possible"):
            assert_equal(getattr(received, part), getattr(sent, part), part)
    elif isinstance(sent, np.ndarray):
        assert received.dtype == sent.dtype and np.array_equal(received, sent), name
    else:
        assert received == sent, name


@pytest.mark.parametrize("prompt", [None, *PROMPTS], ids=lambda prompt: type(prompt).__name__)
def test_every_field_of_an_iteration_survives_the_pipe(prompt):
    sent = iteration(prompt)
    received = read_message(there_and_back(message_frame(3, sent)))
    for field in dataclasses.fields(Iteration):
        assert_equal(getattr(received, field.name), getattr(sent, field.name), field.name)


def test_an_iteration_without_arrays_carries_the_numbers_and_no_array():
    sent = iteration(PROMPTS[1])
    frame = message_frame(3, sent.without_arrays())
    received = read_message(there_and_back(frame))
    assert sum(array.size for array in frame.arrays.values()) == 0
    for field in dataclasses.fields(Iteration):
        if field.name not in ("mask", "pgt", "prompt", "spread"):
            assert getattr(received, field.name) == getattr(sent, field.name), field.name


def test_requests_survive_the_pipe(tmp_path):
    settings = RefinementSettings(threshold=0.8, keep="last", seed=4)
    for request in (
        RefineRequest(
            image=tmp_path / "a.nrrd",
            slices=(2, None),
            prompting=PromptSettings(4.0, True),
            settings=settings,
        ),
        RefineRequest(
            image=tmp_path / "a.nrrd", init=tmp_path / "i.nrrd", first_prompt=tmp_path / "p.json"
        ),
        AssessRequest(
            image=tmp_path / "a.nrrd",
            mask=tmp_path / "m.nrrd",
            command=("assess", "a.nrrd"),
            send_masks=False,
        ),
    ):
        assert read_request(there_and_back(request_frame(1, request))) == request


@pytest.mark.parametrize(
    "message",
    [
        Ready("CPU", None),
        Opened((2, 3), (6, 40, 50), SliceAxes((1, 0, 2), (True, False, True)), (3,)),
        Opened((2, 3), (6, 40, 50), SliceAxes((1, 0, 2), (True, False, True)), None),
        Finished({"format": 1, "slices": [{"index": 2}]}),
        Cancelled(None),
        Failed("no such file", {"format": 1, "slices": []}, "Traceback"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_other_message_survives_the_pipe(message):
    assert read_message(there_and_back(message_frame(2, message))) == message


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "Exploded", "run": 1, "message": {}},
        {"kind": "Ready", "run": 1, "message": {"device": "CPU", "colour": "red"}},
    ],
    ids=["unknown kind", "unknown field"],
)
def test_a_message_that_does_not_fit_is_refused(fields):
    with pytest.raises(FrameError, match="cannot be decoded"):
        read_message(Frame(fields))
