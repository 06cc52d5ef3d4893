"""The image expert's maps with neighbours: what goes in, and that remembering changes nothing."""

import dataclasses

import pytest
import torch

from HermesLib.io.neighbours import with_neighbours
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.organ_map import OrganMapPredictor
from Testing.quality.small import SMALL

VOLUME = torch.rand(5, 64, 64, generator=torch.Generator().manual_seed(3)).numpy()


@pytest.fixture
def core() -> QualityCore:
    torch.manual_seed(0)
    return QualityCore(
        dataclasses.replace(SMALL, field="centre", mirror=True, through_plane=0.25)
    ).eval()


def test_a_slice_s_map_is_half_its_own_and_a_quarter_either_neighbour_s_in_log_odds(
    core: QualityCore,
):
    found = OrganMapPredictor(core).map(with_neighbours(VOLUME))
    core.config = dataclasses.replace(core.config, through_plane=0.0)
    alone = OrganMapPredictor(core).map(with_neighbours(VOLUME)).logit(1e-4)
    below, above = torch.cat([alone[:1], alone[:-1]]), torch.cat([alone[1:], alone[-1:]])
    assert torch.allclose(found, torch.sigmoid(alone / 2 + below / 4 + above / 4), atol=1e-5)
    assert not torch.allclose(found, torch.sigmoid(alone), atol=1e-5)


def test_a_lone_slice_s_map_is_its_own(core: QualityCore):
    lone = torch.from_numpy(VOLUME[:1])[:, None]
    found = OrganMapPredictor(core).map(lone)
    core.config = dataclasses.replace(core.config, through_plane=0.0)
    # Being sure ends at a ten-thousandth.
    assert torch.allclose(found, OrganMapPredictor(core).map(lone), atol=1.1e-4)


def test_remembered_maps_are_the_same_bit_for_bit_and_each_slice_is_looked_at_once(
    core: QualityCore, monkeypatch
):
    looks = []
    look = core.image_expert.look
    monkeypatch.setattr(
        core.image_expert, "look", lambda images: looks.append(len(images)) or look(images)
    )
    images, witness = with_neighbours(VOLUME), OrganMapPredictor(core)
    fresh = torch.cat([OrganMapPredictor(core).map(image[None]) for image in images])
    looks.clear()
    assert torch.equal(witness.map(images), fresh) and torch.equal(witness.map(images), fresh)
    assert sum(looks) == 3 * len(VOLUME), "as it is, closer, and mirrored"


def test_no_more_maps_are_kept_than_a_few_batches_need(core: QualityCore, monkeypatch):
    monkeypatch.setattr(OrganMapPredictor, "KEPT", 3)
    witness = OrganMapPredictor(core)
    first = witness.map(with_neighbours(VOLUME))
    assert len(witness._maps) == 3
    assert torch.equal(witness.map(with_neighbours(VOLUME)), first)


def test_a_pgt_is_drawn_from_the_neighbours_too_where_the_core_looks_through_the_plane(
    core: QualityCore,
):
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    other = VOLUME.copy()
    other[3] = 1 - other[3]
    quality, blank = (
        DiffusionQuality(core, "core", score="raw"),
        torch.zeros(1, 64, 64, dtype=torch.bool),
    )

    def pgt(volume) -> torch.Tensor:
        return quality.assess(with_neighbours(volume)[2:3], blank, [0]).pgt

    assert torch.equal(pgt(VOLUME), pgt(VOLUME)) and not torch.allclose(
        pgt(VOLUME), pgt(other), atol=1e-3
    )
    core.config = dataclasses.replace(core.config, through_plane=0.0)
    assert torch.equal(pgt(VOLUME), pgt(other))
