"""What the values of a mask mean is never guessed in silence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.io.mask_values import TRUTH, binary_mask, require_labels
from HermesLib.notices import heard_by

ORGAN = np.zeros((4, 10, 10), bool)
ORGAN[1:3, 3:7, 3:7] = True


def taken(values: np.ndarray, **options) -> tuple[np.ndarray, list[str]]:
    """The mask, and the kinds of the notices."""
    heard = []
    with heard_by(heard.append):
        mask = binary_mask(values, **options)
    return mask, [notice.kind for notice in heard]


@pytest.mark.parametrize("value", [1, 2, 255, 4000])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
def test_one_value_besides_0_is_the_organ_without_a_word(value, dtype):
    mask, kinds = taken(np.where(ORGAN, value, 0).astype(dtype))
    assert np.array_equal(mask, ORGAN) and kinds == []


@given(st.integers(0, 2**32 - 1))
def test_a_probability_map_is_taken_from_a_half_on_and_said(seed):
    probability = np.random.default_rng(seed).random((3, 5, 5)).astype(np.float32)
    mask, kinds = taken(probability)
    assert np.array_equal(mask, probability >= 0.5) and "mask-thresholded" in kinds


def test_a_label_map_is_refused_with_its_values_and_taken_with_a_label():
    values = ORGAN.astype(np.uint8)
    values[0, 0, :5] = 7
    with pytest.raises(HermesError, match=r"several labels: 0 \(91%\), 1 \(8%\), 7 \(1%\)") as said:
        binary_mask(values)
    assert "--labels N" in str(said.value)
    with pytest.raises(HermesError, match="--truth-labels N"):
        binary_mask(values, TRUTH)
    assert binary_mask(values, labels=(7,)).sum() == 5
    assert np.array_equal(binary_mask(values.astype(float), labels=(1,)), ORGAN)
    with pytest.raises(HermesError, match=r"no label 3; it holds 0 \(91%\), 1 \(8%\), 7"):
        binary_mask(values, labels=(3,))


@pytest.mark.parametrize(("inside", "outside"), [(0, -1), (-1, 0), (1, -1), (2, 1)])
def test_values_that_may_be_either_way_round_are_asked_for(inside, outside):
    values = np.where(ORGAN, inside, outside).astype(np.int8)
    with pytest.raises(HermesError, match=r"negative values|several labels"):
        binary_mask(values)
    assert np.array_equal(binary_mask(values, labels=(inside,)), ORGAN)


def test_255_that_marks_what_to_ignore_is_a_label_like_any_other():
    values = ORGAN.astype(np.uint8)
    values[0] = 255
    with pytest.raises(HermesError, match=r"255 \(25%\)"):
        binary_mask(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.zeros((3, 4), np.uint8), "mask-empty"),
        (np.full((3, 4), 0.3), "mask-empty"),
        (~ORGAN, "mask-covers-most"),
        (np.ones((3, 4), np.uint8), "mask-covers-most"),
        (np.where(ORGAN, 0, 255).astype(np.uint8), "mask-covers-most"),
    ],
)
def test_an_empty_and_an_inverted_mask_are_said(values, kind):
    assert kind in taken(values)[1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.linspace(-7, 9, 60), "from -7 to 9, which are neither labels nor probabilities"),
        (np.linspace(0, 254.5, 60), "neither labels nor probabilities"),
        (np.array([0, 1, np.nan]), "NaN"),
        (np.array([0, 1, np.inf]), "NaN or infinite"),
        (np.array([0, 1j]), "complex128 values"),
        (np.arange(250, dtype=np.uint8), "242 more values.*threshold it if it is a soft mask"),
    ],
)
def test_values_without_a_meaning_are_refused_in_one_line(values, message):
    with pytest.raises(HermesError, match=message) as said:
        binary_mask(values)
    assert "\n" not in str(said.value)


def test_a_probability_map_has_no_labels():
    with pytest.raises(HermesError, match="has no label 1"):
        binary_mask(np.linspace(0, 1, 9), labels=(1,))


@pytest.mark.parametrize(
    "values", [np.array([0, 0.4]), np.array([0, -1]), np.array([0, 3]), np.array([0, np.nan])]
)
def test_a_data_sets_label_map_holds_the_labels_of_its_table_only(values):
    require_labels(np.array([0.0, 1, 2]), "a.nii", range(3))
    with pytest.raises(HermesError, match=r"a\.nii"):
        require_labels(values, "a.nii", range(3))
