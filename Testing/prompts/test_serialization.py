"""A prompt that is written to a file comes back as it was."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from HermesLib.errors import HermesError
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.serialization import prompt_from_plain
from HermesLib.prompts.types import Prompt

SHAPE = (9, 14)
rasters = arrays.arrays(bool, SHAPE)
points = st.lists(
    st.tuples(st.integers(0, SHAPE[1] - 1), st.integers(0, SHAPE[0] - 1)), max_size=6
).map(lambda listed: np.array(listed, np.int64).reshape(-1, 2))
edges = st.tuples(
    *(
        st.tuples(st.floats(0, end), st.floats(0, end))
        .map(sorted)
        .filter(lambda pair: pair[0] < pair[1])
        for end in SHAPE[::-1]
    )
)
prompts = st.one_of(
    edges.map(lambda sides: Box(sides[0][0], sides[1][0], sides[0][1], sides[1][1])),
    st.builds(Clicks, points.filter(len), points),
    st.builds(Scribbles, rasters.filter(np.any), rasters),
)


@given(prompts)
def test_a_prompt_survives_json(prompt: Prompt):
    back = prompt_from_plain(json.loads(json.dumps(prompt.to_plain())), SHAPE)
    if isinstance(prompt, Box):
        assert back == prompt
    else:
        assert type(back) is type(prompt)
        assert np.array_equal(back.positive, prompt.positive) and np.array_equal(
            back.negative, prompt.negative
        )


@pytest.mark.parametrize(
    "plain",
    [
        {"kind": "box", "xyxy": [-1, 0, 5, 5]},
        {"kind": "box", "xyxy": [0, 0, 15, 5]},
        {"kind": "box", "xyxy": [0, 0, 5, 10]},
        {"kind": "box", "xyxy": [5, 5, 5, 8]},
        {"kind": "box", "xyxy": [0, 0, 5, float("nan")]},
        {"kind": "clicks", "positive": [[14, 0]], "negative": []},
        {"kind": "clicks", "positive": [[0, 9]], "negative": []},
        {"kind": "clicks", "positive": [[3, 3]], "negative": [[-1, 3]]},
        {"kind": "clicks", "positive": [[3.5, 3]], "negative": []},
        {"kind": "clicks", "positive": [], "negative": [[3, 3]]},
        {"kind": "scribbles", "positive": [], "negative": [[3, 3]]},
        {"kind": "scribbles", "positive": [[14, 8]], "negative": []},
    ],
)
def test_a_prompt_that_leaves_the_slice_or_marks_nothing_is_refused(plain: dict):
    with pytest.raises(HermesError):
        prompt_from_plain(plain, SHAPE)
