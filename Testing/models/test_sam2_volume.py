"""SAM 2.1 and MedSAM2 on whole volumes: rounds of prompts, as the official video predictor.

``make_sam2_propagation_parity.py`` makes the stored answers.
"""

import json

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.models.registry import MODELS
from HermesLib.models.sam2 import propagation
from HermesLib.models.sam2.adapter import Sam2
from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.memories import MOST_PROMPTED
from HermesLib.models.sam2.volume import KEPT_BYTES, MedSam2Volume, Sam2Session, Sam2Volume
from HermesLib.models.volume_protocol import VolumeImage
from HermesLib.prompts.volume import BoxOnSlice, EarlierMask, InitialMask, Points3D
from HermesLib.prompts.volume_drawn import StrokesOnSlice
from HermesLib.weights.checkpoint import Checkpoint
from Testing.models import seeded
from Testing.models.make_sam_parity import FOLDER
from Testing.models.test_sam2_propagation import error

SLICES = seeded.tiny_slices(20) / np.float32(255)
LEFT, TOP, RIGHT, BOTTOM = seeded.TINY_BOX


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    with np.load(FOLDER / "sam2-tiny.npz") as arrays:
        tensors = seeded.tensors_by_name(json.loads(arrays["shapes"].tobytes()))
    config = Sam2Config(**seeded.TINY_SAM2).to_dict()
    return Checkpoint(seeded.propagation_tensors(tensors, "few"), None, config)


def opened(
    checkpoint: Checkpoint, count: int, needed: range | None = None, kind=Sam2Volume, **options
) -> Sam2Session:
    model = kind(kind.slice_model.from_checkpoint(checkpoint), **options)
    image = VolumeImage(SLICES[:count] * 1000, SLICES[:count], (3.0, 1.0, 1.0))
    return model.open(image, needed or range(count))


def box(index: int) -> BoxOnSlice:
    return BoxOnSlice(0, index, (TOP, BOTTOM), (LEFT, RIGHT))


def clicks(index: int, of: range = range(3)) -> Points3D:
    x, y, label = seeded.TINY_CLICKS[list(of)].T
    voxels = np.column_stack([np.full(len(of), index), y, x])
    return Points3D(voxels[label == 1], voxels[label == 0])


def new_prompts(asks: dict[int, str], before: dict[int, str]) -> list:
    """What a slice is asked that it was not asked before."""
    prompts = []
    for index, ask in asks.items():
        (had, had_box), (has, has_box) = (
            seeded.tiny_prompt(text) for text in (before.get(index, ""), ask)
        )
        if has_box is not None and had_box is None:
            prompts.append(box(index))
        start, stop = (0 if given is None else len(given) for given in (had, has))
        if stop > start:
            prompts.append(clicks(index, range(start, stop)))
    return prompts


@pytest.mark.parametrize("name", seeded.TINY_ROUNDS)
def test_several_prompted_slices_and_their_corrections_have_the_official_answers(
    checkpoint, name, monkeypatch
):
    monkeypatch.setattr(propagation, "CELLS", torch.float32)
    count, rounds = seeded.TINY_ROUNDS[name]
    assert name != "crowded" or len(rounds[0]) > MOST_PROMPTED
    session = opened(checkpoint, count)
    before: dict[int, str] = {}
    with np.load(FOLDER / "sam2-rounds-tiny.npz") as arrays:
        for number, asks in enumerate(rounds):
            mask = session.predict(new_prompts(asks, before))
            before.update(asks)
            theirs = arrays[f"{name}_{number}"]
            answers = session.answers()
            assert list(answers) == list(range(count))
            for index, answer in answers.items():
                assert error(answer.low[0, ::2, ::2], theirs[index]) <= 5e-5, (number, index)
            assert mask.shape == SLICES[:count].shape and mask.dtype == bool


@pytest.fixture(scope="module")
def whole(checkpoint) -> list[np.ndarray]:
    """The masks of two rounds on seven slices, with all features kept."""
    session = opened(checkpoint, 7)
    masks = [session.predict([box(3)]), session.predict([clicks(5), clicks(1)])]
    assert all(mask.any() and not mask.all() for mask in masks)
    assert (masks[0] != masks[1]).any()
    return masks


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The slices whose features are computed, one after the other."""
    found: list[torch.Tensor] = []
    embed = Sam2.embed
    monkeypatch.setattr(
        Sam2, "embed", lambda self, images: found.append(images) or embed(self, images)
    )
    return found


@pytest.mark.parametrize(("slices_kept", "computed"), [(0, 13), (2, 12)])
def test_masks_do_not_depend_on_how_many_features_are_kept(
    checkpoint, whole, embedded, slices_kept, computed
):
    probe = opened(checkpoint, 1)
    probe.predict([box(0)])
    one = KEPT_BYTES - probe._features._room
    embedded.clear()
    session = opened(checkpoint, 7, kept_bytes=slices_kept * one + one // 2)
    for expected, prompts in zip(whole, ([box(3)], [clicks(5), clicks(1)]), strict=True):
        assert (session.predict(prompts) == expected).all()
    assert len(session._features._kept) == slices_kept
    # Seven slices, and again all but the first prompted one; slices 3 and 4 come first.
    assert len(embedded) == computed
    session.close()
    assert not session._features._kept and not session.answers()


def test_features_that_are_kept_are_computed_once(checkpoint, embedded):
    session = opened(checkpoint, 7)
    session.predict([box(3)])
    session.predict([clicks(5), clicks(1)])
    assert [len(images) for images in embedded] == [1] * 7


def test_only_the_needed_slices_are_read_and_the_object_is_found_in_both_directions(checkpoint):
    session = opened(checkpoint, 9, needed=range(2, 7))
    mask = session.predict([box(4)])
    found = np.flatnonzero(mask.any((1, 2)))
    assert set(found) <= set(range(2, 7))
    assert (found < 4).any() and (found > 4).any()
    # Their places in the volume do not matter to the network.
    alone = Sam2Volume(session._model).open(
        VolumeImage(SLICES[2:7], SLICES[2:7], (3.0, 1.0, 1.0)), range(5)
    )
    assert (alone.predict([box(2)]) == mask[2:7]).all()
    for prompts in ([box(1)], [clicks(7)], []):
        with pytest.raises(ValueError):
            session.predict(prompts)


def test_a_round_is_taken_back_to_the_very_mask_before_it(checkpoint, whole):
    session = opened(checkpoint, 7)
    first = session.predict([box(3)])
    session.predict([clicks(6), clicks(0)])
    # The mask itself is not read: the loop leaves out slices without the organ.
    back = EarlierMask(np.zeros_like(first))
    assert (session.predict([back, clicks(5), clicks(1)]) == whole[1]).all()
    assert (session.predict([back]) == whole[0]).all()
    session.reset()
    assert (session.predict([box(3)]) == whole[0]).all()


def test_medsam2_reads_each_way_alone_also_for_corrections(checkpoint, whole):
    session = opened(checkpoint, 7, kind=MedSam2Volume)
    prompted = session.predict([box(3)])
    assert prompted.any()
    before = {index: answer.low for index, answer in session.answers().items()}
    session.predict([clicks(5)])
    after = {index: answer.low for index, answer in session.answers().items()}
    # Above, the click is read as a prompt; below, only its own memory can change anything.
    assert all(not torch.equal(before[index], after[index]) for index in (0, 1, 2, 4, 5, 6))
    assert torch.equal(before[3], after[3])


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        (BoxOnSlice(1, 3, (0, 2), (1, 9)), "box-on-slice"),
        (BoxOnSlice(0, 3, (1, 9), (1, 9), positive=False), "box-on-slice"),
        (StrokesOnSlice(0, 3, np.ones((4, 4), bool)), "strokes-on-slice"),
        (InitialMask(np.ones(SLICES[:5].shape, bool)), "initial-mask"),
    ],
)
def test_other_prompts_are_refused_and_nothing_is_lost(checkpoint, prompt, kind):
    session = opened(checkpoint, 5)
    mask = session.predict([box(2)])
    with pytest.raises(HermesError, match=f"sam2-volume takes no '{kind}' prompts"):
        session.predict([clicks(4), prompt])
    assert list(session._now.marks) == [2]
    assert (session.predict([EarlierMask(mask), box(2)]) == mask).all()


def test_registry_and_models_agree():
    for kind in (Sam2Volume, MedSam2Volume):
        entry = MODELS[kind.name]
        assert entry.prompt_kinds == kind.prompt_kinds and entry.weights_name == kind.kind
        assert entry.dimensions == 3 and not entry.needs_server
