"""``hermes research bench``: a pGT of HERMES beside one of an architecture of nnQC's size."""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from monai.networks.nets import DiffusionModelUNet
    from torch import nn

#: nnQC's settings (Marciano 2025): latents of 64 x 64 and steps of the sampler. The channels below
#: give the sizes that it states, 26.4 and 12 million parameters.
LATENT_SIDE = 64
STEPS = 5
_UNET_CHANNELS = (64, 128, 256)
_CONTEXT_WIDTH = 512
_DECODER_CHANNELS = (128, 256, 416)
#: The first of the sample's slices that are read; they show the organ. Their distance, mm.
_FIRST, _THICKNESS = 3, 3.5


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``bench``."""
    bench = kinds.add_parser(
        "bench", help="time a pGT beside one of an architecture of nnQC's size"
    )
    bench.add_argument("--repeats", type=int, default=3, help="(default %(default)s)")
    bench.add_argument("--slices", type=int, default=12, help="a repeat (default %(default)s)")
    bench.add_argument("--threads", type=int)
    bench.add_argument("-o", "--output", metavar="JSON", type=Path)
    bench.set_defaults(run=run_bench)


def nnqc_unet() -> "DiffusionModelUNet":
    """A latent diffusion UNet of nnQC's size, with random weights."""
    from monai.networks.nets import DiffusionModelUNet

    return DiffusionModelUNet(
        spatial_dims=2,
        in_channels=8,
        out_channels=4,
        num_res_blocks=(2, 2, 2),
        channels=_UNET_CHANNELS,
        attention_levels=(False, True, True),
        num_head_channels=32,
        with_conditioning=True,
        cross_attention_dim=_CONTEXT_WIDTH,
    )


def nnqc_decoder() -> "nn.Module":
    """A decoder of nnQC's size from latents to masks of 256 x 256, with random weights."""
    from monai.networks.nets import AutoencoderKL

    autoencoder = AutoencoderKL(
        spatial_dims=2,
        in_channels=1,
        out_channels=1,
        num_res_blocks=(2, 2, 2),
        channels=_DECODER_CHANNELS,
        attention_levels=(False, False, False),
        latent_channels=4,
        with_encoder_nonlocal_attn=False,
        with_decoder_nonlocal_attn=False,
    )
    return autoencoder.decoder


def run_bench(arguments: argparse.Namespace) -> int:
    """Time all in turn, and print how many times as long the rival's pGT takes."""
    import torch

    from HermesLib.bench.machine import machine
    from HermesLib.io.whole_file import write_whole

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    rival, size = _rival_pgt()
    own = own_work(arguments.slices)
    seconds: dict[str, list[float]] = {name: [] for name in (*own, "rival")}
    for work in own.values():
        work()
    for _ in range(arguments.repeats):
        for name, work in own.items():
            seconds[name].append(_timed(work) / arguments.slices)
        seconds["rival"].append(_timed(rival))
    figures: dict[str, Any] = {
        f"{name}_s": statistics.median(values) for name, values in seconds.items()
    }
    for name in own:
        pairs = zip(seconds["rival"], seconds[name], strict=True)
        figures[f"{name}_ratio"] = statistics.median(other / mine for other, mine in pairs)
    figures["slices"] = arguments.slices
    figures["rival_million_parameters"] = size
    print(
        f"a pGT: {figures['pgt_s']:.3f} s a slice, with all that its score needs"
        f" {figures['score_s']:.3f} s; of nnQC's size ({size[0]:.1f} + {size[1]:.1f} million"
        f" parameters, {STEPS} steps): {figures['rival_s']:.2f} s;"
        f" {figures['pgt_ratio']:.0f} and {figures['score_ratio']:.0f} times as long"
    )
    if arguments.output:
        text = json.dumps({"machine": machine(), **figures}, indent=1)
        write_whole(arguments.output, text + "\n")
    return 0


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _rival_pgt() -> tuple[Callable[[], "torch.Tensor"], tuple[float, float]]:
    """One pGT of the rival's size: the sampler's steps and a decoding; and the sizes, millions."""
    import torch

    unet, decoder = nnqc_unet().eval(), nnqc_decoder().eval()

    @torch.inference_mode()
    def draw() -> torch.Tensor:
        latent = torch.randn(1, 4, LATENT_SIDE, LATENT_SIDE)
        condition, context = torch.randn_like(latent), torch.randn(1, 1, _CONTEXT_WIDTH)
        for step in range(STEPS):
            given = torch.cat([latent, condition], 1)
            latent = latent - unet(given, torch.tensor([step]), context) / STEPS
        pgt: torch.Tensor = decoder(latent)
        return pgt

    return draw, (_millions(unet), _millions(decoder))


def own_work(count: int) -> dict[str, Callable[[], object]]:
    """What HERMES does for so many slices of the sample, from the image on.

    ``pgt``: their pGTs alone, as the rival's is timed without what else its score needs. ``score``:
    with the presence of the organ, the context of the volume, the check of the input and the score.
    """
    import numpy as np
    import SimpleITK
    import torch

    from HermesLib.io.neighbours import with_neighbours
    from HermesLib.metrics.components import without_small_components
    from HermesLib.presets.registry import load_preset
    from HermesLib.quality.diffusion_qc import DiffusionQuality
    from HermesLib.quality.ensemble.reading import read_members
    from HermesLib.quality.findings import SliceFindings
    from HermesLib.quality.registry import load_quality
    from HermesLib.quality.slice_reading import read_slices, read_views
    from HermesLib.samples.prostate_phantom import prostate_phantom

    preset = load_preset("prostate-t2")
    quality = load_quality("diffusion", preset, torch.device("cpu"), None, None, "calibrated")
    assert isinstance(quality, DiffusionQuality)
    core, ensemble = quality.core, quality.core.ensemble
    assert ensemble is not None
    pixels = SimpleITK.GetArrayFromImage(prostate_phantom().image)[_FIRST : _FIRST + count]
    images = with_neighbours((pixels / pixels.max()).astype(np.float32))
    shape = (images.shape[-2], images.shape[-1])
    masks = torch.ones(len(images), *shape, dtype=torch.bool)

    @torch.inference_mode()
    def pgt() -> object:
        members: Any = list(ensemble.members)
        readings = read_members(members, images, [None] * len(images), at_once=1)
        findings = [
            SliceFindings(expert, reading, shape)
            for expert, reading in zip(read_slices(core, images), readings, strict=True)
        ]
        read_views([one for item in findings for one in item.readings_in_map(quality.blend)])
        maps = torch.stack([item.organ_map(quality.blend) for item in findings])
        return without_small_components(maps, core.config.island_share)

    def score() -> object:
        observation = quality.observe(images, _THICKNESS)
        return quality.assess(observation, masks, list(range(len(images))))

    return {"pgt": pgt, "score": score}


def _millions(network: "nn.Module") -> float:
    return sum(weight.numel() for weight in network.parameters()) / 1e6
