"""Nobody is trained on and tested on."""

from hypothesis import given
from hypothesis import strategies as st

from HermesLib.datasets.splits import Split, split_as, split_patients


@given(st.sets(st.integers(0, 500), min_size=3, max_size=60), st.integers(0, 1000))
def test_train_validation_and_test_share_no_patient_and_lose_none(numbers, seed):
    patients = [f"p-{number}" for number in numbers]
    split = split_patients(patients, seed)
    parts = [set(split.train), set(split.validation), set(split.test)]
    assert set().union(*parts) == set(patients)
    assert sum(map(len, parts)) == len(patients)
    assert split == split_patients(reversed(patients), seed)


def test_patients_without_a_label_never_validate_or_test():
    split = split_patients(
        [f"p-{k}" for k in range(10)] + [f"p-{k}-unlabelled" for k in range(30)], 0
    )
    assert not any(patient.endswith("-unlabelled") for patient in split.validation + split.test)
    assert sum(patient.endswith("-unlabelled") for patient in split.train) == 30


def test_patients_held_out_elsewhere_stay_held_out_and_all_others_train():
    others = [Split(("a",), ("b",), ("c",)), Split(("d",), ("c", "e"), ())]
    assert split_as("abcdfg", others) == Split(("a", "d", "f", "g"), ("b", "c"), ())
