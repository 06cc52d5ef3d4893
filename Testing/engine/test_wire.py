"""What travels between the engine and its user."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from HermesLib.engine.messages import (
    Failed,
    message_frame,
    read_message,
    read_request,
    request_frame,
)
from HermesLib.engine.wire import Frame, FrameError, read_frame, write_frame
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.events import Iteration, Status
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
    back = read_frame(stream)
    assert back is not None and read_frame(stream) is None
    return back


@given(st.lists(KINDS.flatmap(lambda kind: arrays.arrays(kind, SHAPES)), max_size=3))
def test_arrays_arrive_as_they_left(sent):
    back = there_and_back(
        Frame({"kind": "x", "run": 1}, {str(k): array for k, array in enumerate(sent)})
    )
    for k, array in enumerate(sent):
        arrived = back.arrays[str(k)]
        assert arrived.dtype == array.dtype and arrived.shape == array.shape
        assert arrived.tobytes() == array.tobytes()


@given(st.binary(min_size=1, max_size=200))
def test_what_is_no_frame_is_refused(content):
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(content))


@pytest.mark.parametrize("cut", [5, 20, -1])
def test_a_frame_that_breaks_off_is_refused(cut):
    stream = io.BytesIO()
    write_frame(stream, Frame({"kind": "x", "run": 1}, {"mask": np.ones((4, 5), bool)}))
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(stream.getvalue()[:cut]))


PROMPTS = [
    None,
    Box(1.5, 2.0, 30.25, 40.0),
    Scribbles(np.eye(6, dtype=bool), np.zeros((6, 6), bool)),
    Clicks(np.array([[3, 4], [5, 1]]), np.zeros((0, 2), np.int64)),
]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: type(prompt).__name__)
def test_an_iteration_arrives_as_it_left(prompt):
    mask = np.random.default_rng(0).random((6, 6)) > 0.5
    pgt = np.random.default_rng(1).random((6, 6)) > 0.5
    event = Iteration(
        slice_index=4,
        index=2,
        mask=mask,
        pgt=pgt,
        pdsc=0.7,
        pdsc_low=0.6,
        pdsc_high=0.8,
        dsc=None,
        prompt=prompt,
        seconds=0.25,
        status=Status.STOPPED,
        present=0.4,
        borderline=True,
        ceiling=0.85,
    )
    back = read_message(there_and_back(message_frame(3, event)))
    assert isinstance(back, Iteration)
    assert np.array_equal(back.mask, mask) and np.array_equal(back.pgt, pgt)
    for name in (
        "slice_index",
        "index",
        "pdsc",
        "pdsc_low",
        "pdsc_high",
        "dsc",
        "seconds",
        "status",
        "present",
        "borderline",
        "ceiling",
    ):
        assert getattr(back, name) == getattr(event, name)
    assert type(back.prompt) is type(prompt)
    if isinstance(prompt, Box):
        assert back.prompt == prompt
    elif prompt is not None:
        assert np.array_equal(back.prompt.positive, prompt.positive) and np.array_equal(
            back.prompt.negative, prompt.negative
        )


def test_requests_arrive_as_they_left(tmp_path):
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
            image=tmp_path / "a.nrrd", mask=tmp_path / "m.nrrd", command=("assess", "a.nrrd")
        ),
    ):
        assert read_request(there_and_back(request_frame(1, request))) == request


def test_messages_arrive_as_they_left():
    failed = Failed("no such file", {"format": 1, "slices": []})
    assert read_message(there_and_back(message_frame(2, failed))) == failed
    with pytest.raises(FrameError):
        read_message(Frame({"kind": "Exploded", "run": 1}))
