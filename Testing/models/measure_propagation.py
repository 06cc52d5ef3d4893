"""Measure time and memory of propagation through slices, with random weights of official size.

Usage: python Testing/models/measure_propagation.py MODEL [--slices N] [--kept MB] [--device NAME]

MODEL is ``sam2-volume`` or ``medsam2-volume``; the network is the official tiny one. The first
round prompts the middle slice with a box, the second one corrects two others. Linux and macOS only.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from HermesLib.bench.one_volume import peak_mb
from HermesLib.models.sam2.config import TINY
from HermesLib.models.sam2.network import Sam2Network
from HermesLib.models.sam2.volume import KEPT_BYTES, MedSam2Volume, Sam2Volume
from HermesLib.models.volume_protocol import VolumeImage
from HermesLib.prompts.volume import BoxOnSlice, Points3D
from Testing.models import seeded

KINDS = {kind.name: kind for kind in (Sam2Volume, MedSam2Volume)}
SIDE = 512


def volume(slices: int) -> VolumeImage:
    """A bright disc that moves from slice to slice."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    discs = [
        0.3 + 0.5 * ((rows - 0.5) ** 2 + (columns - 0.5 - 0.001 * k) ** 2 < 0.02)
        for k in range(slices)
    ]
    image = np.stack(discs).astype(np.float32)
    return VolumeImage(image, image, (3.0, 1.0, 1.0))


def main() -> None:
    """Print seconds a slice and peak memory of two rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=KINDS)
    parser.add_argument("--slices", type=int, default=60)
    parser.add_argument("--kept", type=float, default=KEPT_BYTES / 1e6, metavar="MB")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    kind = KINDS[arguments.model]
    network = Sam2Network(replace(TINY, image_size=kind.slice_model.side))
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict(seeded.tensors_by_name(shapes))
    model = kind(kind.slice_model(network), int(arguments.kept * 1e6)).to(device)
    count = arguments.slices
    session = model.open(volume(count), range(count))
    middle, side = count // 2, SIDE
    box = BoxOnSlice(0, middle, (side // 4, 3 * side // 4), (side // 4, 3 * side // 4))
    clicks = [
        Points3D(positive=np.array([[index, side // 2, side // 2]]))
        for index in (count // 4, 3 * count // 4)
    ]
    print(f"{arguments.model}, {count} slices, {torch.get_num_threads()} threads, {device}")
    print(f"before: {peak_mb():.0f} MB")
    for name, prompts in (("first round", [box]), ("second round", clicks)):
        wall, processor = time.perf_counter(), time.process_time()
        session.predict(prompts)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(
            f"{name}: {wall / count:.2f} s a slice, {processor / count:.2f} processor seconds,"
            f" peak {peak_mb():.0f} MB"
        )
    if device.type == "cuda":
        print(f"GPU: peak {torch.cuda.max_memory_allocated() / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
