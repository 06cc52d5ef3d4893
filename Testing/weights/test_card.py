"""The card of a user's weights says what the user stated and nothing of this project's data."""

import json
from pathlib import Path

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.weights.bundled import read_manifest, verify_bundled
from HermesLib.weights.bundling import bundle_weights
from HermesLib.weights.card import NOT_STATED, CardText, StoredFile, model_card
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint

TRAINING = {
    "data": [{"layout": "decathlon", "name": "my-liver"}],
    "split": {"train": ["my-liver-1", "my-liver-2"], "validation": ["my-liver-3"], "test": []},
    "seed": 7,
    "validation": {"pgt_dice": 0.87654321},
}


def checkpoint(**training: object) -> Checkpoint:
    return Checkpoint({"weight": torch.ones(3, 4)}, "quality", {}, {**TRAINING, **training}, "abc")


def card_of(trained: Checkpoint, **text: object) -> str:
    content = CardText("QC core, Liver", "hermes train organ --organ liver", **text)
    return model_card(trained, content, StoredFile("liver-ct", 1000, "abc"))


def test_the_card_of_a_users_organ_says_nothing_of_this_projects_patients_and_terms():
    card = card_of(checkpoint())
    for word in ("PROSTATE-X", "BTCV", "PI-CAI", "PROMISE12", "MedScribble", "Research use only"):
        assert word.lower() not in card.lower()
    for word in ("my-liver", "my-liver-3", "Seed 7", "hermes train organ", "0.8765", "Limits"):
        assert word in card


def test_the_card_holds_the_terms_that_the_user_states_and_says_so_if_there_are_none():
    stated = card_of(checkpoint(terms=["CC BY 4.0, cite the clinic", "ethics vote 12/2025"]))
    assert "- CC BY 4.0, cite the clinic" in stated and "- ethics vote 12/2025" in stated
    assert NOT_STATED not in stated
    assert NOT_STATED in card_of(checkpoint())
    assert NOT_STATED not in card_of(checkpoint(), terms={"my-liver": "CC0"})


def test_the_card_names_the_patients_that_were_left_out():
    assert "left out" not in card_of(checkpoint())
    card = card_of(checkpoint(left_out=["my-liver-7"]))
    assert "- left out: 1 patients (my-liver-7)" in card


def test_large_families_of_patients_are_counted():
    many = [f"shapes-{number}" for number in range(100)]
    split = {**TRAINING["split"], "train": [*many, "my-liver-1", "my-liver-9-unlabelled"]}
    card = card_of(checkpoint(split=split))
    line = "- train: 1 patients (my-liver-1); 100 of shapes; 1 images without a label"
    assert line in card


@pytest.mark.parametrize("packed", [False, True])
def test_bundled_weights_have_a_card_and_a_checked_entry_in_the_manifest(
    tmp_path: Path, packed: bool
):
    for title in ("Liver, first", "Liver"):
        text = CardText(title, "hermes train quality")
        path = bundle_weights(tmp_path, "liver", checkpoint(), text, packed=packed)
    (entry,) = read_manifest(tmp_path)
    assert (entry.name, entry.kind, entry.title) == ("liver", "quality", "Liver")
    assert verify_bundled(tmp_path) == [(entry, None)]
    assert load_checkpoint(path).training == json.loads(json.dumps(TRAINING))
    assert ("8-bit" in entry.card.read_text(encoding="utf-8")) == packed


def test_weights_of_another_project_are_not_bundled(tmp_path: Path):
    foreign = Checkpoint({"weight": torch.ones(1)}, None, {})
    with pytest.raises(HermesError, match="only weights that HERMES trained"):
        bundle_weights(tmp_path, "x", foreign, CardText("x", ""))
    assert list(tmp_path.iterdir()) == []
