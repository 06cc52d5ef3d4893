"""Examples as a prompt: what is stored of them, and which images are alike."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.examples import (
    Example,
    Examples,
    ExamplesStrategy,
    drawn_kind,
    examples_of,
    follows_from_results,
    most_examples,
    with_context,
    with_examples,
)
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.registry import prompt_type, strategy_for
from HermesLib.prompts.serialization import prompt_from_plain
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.similarity import most_similar, thumbnail
from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.seeding import slice_rng
from Testing.prompts.regions import disc

PGT = disc((40, 50), 20, 22, 9)
NEIGHBOUR = Example(7, np.random.default_rng(0).random((40, 50)).astype(np.float32), PGT)
OTHER_CASE = Example(3, np.zeros((20, 20), np.float32), np.ones((20, 20), bool), given=True)
EXAMPLES = Examples((NEIGHBOUR, OTHER_CASE), PGT)


def test_a_report_names_the_slices_that_were_examples_and_holds_no_pixels():
    summary = EXAMPLES.summary()
    assert summary == {"kind": "examples", "slices": [7], "given": [3], "own_pgt": True}
    assert json.loads(json.dumps(summary)) == summary
    assert Examples().summary() == {
        "kind": "examples",
        "slices": [],
        "given": [],
        "own_pgt": False,
    }


@pytest.mark.parametrize("prompt", [EXAMPLES, Examples(), Examples((OTHER_CASE,))])
def test_a_prompt_that_was_stored_or_sent_names_the_same_examples(prompt):
    kind = prompt_type("examples")
    for again in (
        kind.from_plain(json.loads(json.dumps(prompt.to_plain())), (40, 50)),
        kind.from_arrays(prompt.arrays()),
    ):
        assert again.to_plain() == prompt.to_plain()
        assert again.has_pixels == (prompt.context == () and prompt.own is None)
    assert prompt.has_pixels


@pytest.mark.parametrize("slices", [["a"], [1.5], None, 3])
def test_a_stored_prompt_with_other_values_is_not_well_formed(slices):
    plain = {"kind": "examples", "slices": slices}
    with pytest.raises((TypeError, ValueError)):
        Examples.from_plain(plain, (9, 9))


def test_examples_alone_are_no_first_prompt_of_a_user():
    with pytest.raises(HermesError, match="marks nothing as the organ"):
        prompt_from_plain({"kind": "examples"}, (9, 9))


def test_examples_mark_nothing_and_nobody_draws_them():
    marks = EXAMPLES.marks()
    assert not marks.has_positive and not marks.has_signs
    kind = prompt_type("box+examples")
    drawn = kind.from_marks(PromptMarks(boxes=((1, 2, 9, 8),)), (40, 50))
    assert drawn.parts[0] == Box(1, 2, 9, 8) and examples_of(drawn).context == ()


def test_refinement_adds_the_slice_itself_with_its_newest_pgt():
    strategy = with_context(ExamplesStrategy(), [NEIGHBOUR])
    first = strategy.first(PGT.shape, slice_rng(0, 0, 0))
    assert first.context == (NEIGHBOUR,) and first.own is None
    later = np.roll(PGT, 3, 0)
    for pgt in (PGT, later):
        refined = strategy.refine(first, ~PGT, pgt, True, slice_rng(0, 0, 1))
        assert refined.context == (NEIGHBOUR,) and refined.own is pgt
    with pytest.raises(ValueError, match="empty"):
        strategy.refine(first, PGT, np.zeros_like(PGT), True, slice_rng(0, 0, 1))


def test_a_mixed_strategy_passes_the_context_to_its_examples():
    settings = PromptSettings(most_examples=5)
    strategy = with_context(strategy_for("box+examples", settings), [NEIGHBOUR])
    assert most_examples(strategy) == 5
    first = strategy.first(PGT.shape, slice_rng(0, 0, 0))
    assert examples_of(first).context == (NEIGHBOUR,) and first.parts[0].kind == "box"
    refined = strategy.refine(first, ~PGT, PGT, True, slice_rng(0, 0, 1))
    assert examples_of(refined).own is PGT
    assert most_examples(strategy_for("box+clicks")) is None


def test_a_users_prompt_is_joined_by_the_runs_examples():
    box = Box(1.0, 2.0, 9.0, 8.0)
    for prompt in (box, mix(box, Examples())):
        joined = with_examples(prompt, [NEIGHBOUR])
        assert joined.kind == "box+examples" and examples_of(joined).context == (NEIGHBOUR,)
    assert drawn_kind(joined.kind) == "box"


def test_only_given_examples_are_independent_of_the_quality_control():
    assert not follows_from_results(None)
    assert not follows_from_results(Box(1, 1, 2, 2))
    assert not follows_from_results(Examples((OTHER_CASE,)))
    assert follows_from_results(Examples((OTHER_CASE, NEIGHBOUR)))
    assert follows_from_results(Examples((), PGT))
    assert follows_from_results(mix(Box(1, 1, 2, 2), Examples((), PGT)))


@pytest.mark.parametrize("count", [0, -1, 65])
def test_a_number_of_examples_out_of_range_is_refused(count):
    with pytest.raises(HermesError, match=f"{count} examples are out of range"):
        PromptSettings(most_examples=count)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 99))
def test_an_image_is_most_like_itself_whatever_its_size_and_scale(rows, columns, seed):
    rng = np.random.default_rng(seed)
    images = [rng.random((17, 23)), rng.random((rows, columns)), np.zeros((5, 5))]
    thumbnails = [thumbnail(image) for image in images]
    assert most_similar(images[0] / 3 + 0.2, thumbnails, 1) == [0]
    assert len(most_similar(images[0], thumbnails, 9)) == 3
    assert all(np.isfinite(vector).all() for vector in thumbnails)


def test_images_at_the_same_level_are_found_before_others_and_ties_keep_their_order():
    levels = [disc((64, 64), 32, 20 + 4 * k, 10).astype(float) for k in range(6)]
    thumbnails = [thumbnail(level[::2, ::2]) for level in levels]
    assert most_similar(levels[3], thumbnails, 3) in ([3, 2, 4], [3, 4, 2])
    assert most_similar(levels[0], [thumbnails[0]] * 3, 2) == [0, 1]
    assert most_similar(levels[0], [], 4) == []
