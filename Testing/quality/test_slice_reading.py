"""What the image expert reads from slices: organ maps with neighbours, and nothing twice."""

import dataclasses
import weakref
from collections.abc import Iterator

import pytest
import torch

from HermesLib.io import scratch
from HermesLib.io.kept_bytes import tensor_bytes
from HermesLib.io.neighbours import with_neighbours
from HermesLib.quality import slice_reading
from HermesLib.quality.blend import Blend
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.slice_reading import SliceReading, read_slices
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume
from Testing.quality.small import CALIBRATION, SMALL
from Testing.refinement.analytic import BoxThreshold

VOLUME = torch.rand(5, 64, 64, generator=torch.Generator().manual_seed(3)).numpy()
VIEWS = 3  # the slice's own window, a closer one, and the mirrored slice


@pytest.fixture
def core() -> QualityCore:
    torch.manual_seed(0)
    config = dataclasses.replace(
        SMALL,
        field="centre",
        mirror=True,
        through_plane=0.25,
        expert_share=0.5,
        calibration=CALIBRATION,
        familiarity=True,
    )
    core = QualityCore(config).eval()
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    return core


@pytest.fixture
def inputs(core: QualityCore) -> Iterator[list[torch.Tensor]]:
    """The inputs of all passes of the image expert."""
    passes: list[torch.Tensor] = []
    hook = core.image_expert.register_forward_pre_hook(
        lambda module, arguments: passes.append(arguments[0].clone())
    )
    yield passes
    hook.remove()


def assert_all_different(inputs: list[torch.Tensor]) -> None:
    flat = torch.stack([images.flatten() for images in inputs])
    assert len(torch.unique(flat, dim=0)) == len(inputs), "the image expert read an image twice"


@torch.inference_mode()
def organ_maps(core: QualityCore, images: torch.Tensor, through_plane: float) -> torch.Tensor:
    readings = read_slices(core, images)
    return torch.stack([reading.organ_map(through_plane) for reading in readings])


def test_a_refinement_reads_each_view_of_each_slice_once(
    core: QualityCore, inputs: list[torch.Tensor]
):
    core.presence.layers[-1].bias.data.fill_(20.0)  # every slice shows the organ
    settings = RefinementSettings(threshold=1.0, max_iterations=4, patience=4)
    refiner = Refiner(BoxThreshold(), DiffusionQuality(core, "core"), settings=settings)
    events = list(refine_volume(refiner, with_neighbours(VOLUME), batch_size=2))
    assert max(event.index for event in events) >= 2
    assert len(inputs) == VIEWS * len(VOLUME)
    assert_all_different(inputs)


def test_a_slice_without_the_organ_is_read_in_one_view(
    core: QualityCore, inputs: list[torch.Tensor]
):
    core.presence.layers[-1].bias.data.fill_(-20.0)
    refiner = Refiner(BoxThreshold(), DiffusionQuality(core, "core"))
    events = list(refine_volume(refiner, with_neighbours(VOLUME)))
    assert len(events) == len(inputs) == len(VOLUME)


def test_windows_that_a_gpu_reads_together_are_read_once_and_as_each_alone(
    core: QualityCore, inputs: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
):
    core.presence.layers[-1].bias.data.fill_(20.0)
    images, masks = with_neighbours(VOLUME), torch.ones(len(VOLUME), 64, 64, dtype=torch.bool)
    answers = []
    for at_once in (1, 4):
        monkeypatch.setattr(slice_reading, "_at_once", lambda device, number=at_once: number)
        quality = DiffusionQuality(core, "core", samples=1, steps=1)
        observation = quality.observe(images)
        assessment = quality.assess(observation, masks, range(len(masks)), "prompted")
        answers.append((observation.presence, assessment.pgt, assessment.pdsc))
    assert [len(given) for given in inputs[VIEWS * len(VOLUME) :]] == [4, 1, 4, 4, 2]
    for alone, together in zip(*answers, strict=True):
        assert torch.allclose(alone, together, atol=1e-5)


def test_a_slice_left_out_of_a_run_is_read_once_for_both_its_neighbours(
    core: QualityCore, inputs: list[torch.Tensor]
):
    images = with_neighbours(VOLUME)[[1, 3]]
    organ_maps(core, images, 0.25)
    assert len(inputs) == VIEWS * len(VOLUME)
    assert_all_different(inputs)


def test_a_slice_s_organ_map_is_half_its_own_and_a_quarter_of_each_neighbour_s_in_log_odds(
    core: QualityCore,
):
    images = with_neighbours(VOLUME)
    maps = organ_maps(core, images, 0.25)
    alone = organ_maps(core, images, 0.0).logit(1e-4)
    below = torch.cat([alone[:1], alone[:-1]])
    above = torch.cat([alone[1:], alone[-1:]])
    assert torch.allclose(maps, torch.sigmoid(alone / 2 + below / 4 + above / 4), atol=1e-5)
    assert not torch.allclose(maps, torch.sigmoid(alone), atol=1e-5)


def test_a_single_slice_s_organ_map_is_its_own(core: QualityCore):
    single = torch.from_numpy(VOLUME[:1])[:, None]
    # Log odds are clipped at a probability of a ten-thousandth.
    assert torch.allclose(
        organ_maps(core, single, 0.25), organ_maps(core, single, 0.0), atol=1.1e-4
    )


def test_a_slice_has_the_same_organ_map_alone_and_in_its_volume(core: QualityCore):
    images = with_neighbours(VOLUME)
    alone = torch.cat([organ_maps(core, image[None], 0.25) for image in images])
    assert torch.equal(organ_maps(core, images, 0.25), alone)


@torch.inference_mode()
def test_the_organ_map_of_a_mirrored_slice_is_almost_the_mirrored_organ_map(core: QualityCore):
    # Even sides, so that the middle is the middle either way.
    image = torch.rand(1, 72, 64)

    def asymmetry() -> torch.Tensor:
        mirrored = SliceReading(core, image.flip(-1)).organ_map().flip(-1)
        return (SliceReading(core, image).organ_map() - mirrored).abs().mean()

    with_mirror = asymmetry()
    core.config = dataclasses.replace(core.config, mirror=False)
    # The closer view is not mirrored, the others are: its asymmetry remains.
    assert with_mirror < 0.5 * asymmetry()


def test_the_pgt_depends_on_the_neighbours_only_where_the_blend_looks_through_the_plane(
    core: QualityCore,
):
    changed = VOLUME.copy()
    changed[3] = 1 - changed[3]
    quality = DiffusionQuality(core, "core", score="raw")
    blank = torch.zeros(1, 64, 64, dtype=torch.bool)

    def pgt(volume, through_plane: float) -> torch.Tensor:
        blended = quality.with_blend(Blend(0.0, through_plane))
        observation = blended.observe(with_neighbours(volume)[2:3])
        return blended.assess(observation, blank, [0]).pgt

    assert torch.equal(pgt(VOLUME, 0.25), pgt(VOLUME, 0.25))
    assert not torch.allclose(pgt(VOLUME, 0.25), pgt(changed, 0.25), atol=1e-3)
    assert torch.equal(pgt(VOLUME, 0.0), pgt(changed, 0.0))


@torch.inference_mode()
def test_a_volume_keeps_features_on_the_grid_and_frees_organ_maps_with_their_batch(
    core: QualityCore,
):
    quality = DiffusionQuality(core, "core")
    observation = quality.observe(torch.rand(2, 1, 256, 256))
    batch = observation.to(torch.device("cpu"))
    masks = torch.zeros(2, 256, 256, dtype=torch.bool)
    quality.assess(batch, masks, [0, 1])
    organ_map = weakref.ref(batch.features[0].organ_map(Blend(0.5, 0.25)))
    assert organ_map().shape == (256, 256)
    assert batch.select([0]).features[0].organ_map(Blend(0.5, 0.25)) is organ_map()
    del batch
    assert organ_map() is None
    assert observation.features[0].readings.own.features.organ.shape == (
        1,
        1,
        SMALL.grid,
        SMALL.grid,
    )


def test_a_volume_in_which_no_slice_is_measured_gives_an_empty_observation(core: QualityCore):
    quality = DiffusionQuality(core, "core")
    observation = quality.observe(torch.zeros(0, 3, 64, 64))
    assert len(observation) == 0
    assert observation.presence is not None
    assert observation.out_of_distribution is not None
    assert observation.presence.shape == observation.out_of_distribution.shape == (0,)
    assert list(refine_volume(Refiner(BoxThreshold(), quality), observation)) == []


@torch.inference_mode()
def test_what_is_read_of_many_slices_is_kept_in_a_file_and_is_the_same(
    core: QualityCore, monkeypatch: pytest.MonkeyPatch
):
    images = with_neighbours(VOLUME)
    in_memory = organ_maps(core, images, 0.25)
    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 0)
    observation = DiffusionQuality(core, "core").observe(images)
    own = [finding.readings.organ_map(0.25) for finding in observation.features]
    assert torch.equal(torch.stack(own), in_memory)
    # The organ maps on the slices' own grid go with the copies that are worked with.
    features = observation.to(torch.device("cpu")).features
    kept = tensor_bytes(features) - tensor_bytes(images)
    assert kept < 100 * len(VOLUME), f"{kept} bytes of {len(VOLUME)} slices stay in memory"
