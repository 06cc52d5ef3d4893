"""Refine a volume that is a numpy array, and draw the result.

Usage: python examples/refine_array.py FOLDER
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import SimpleITK

import HermesLib as hermes
from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

SLICES = (8, 11)


def main(folder: Path) -> None:
    """Refine three slices of the phantom; write ``segmentation.npy`` and ``slices.png``."""
    image = prostate_phantom(SAMPLE_SEED).image
    array = SimpleITK.GetArrayFromImage(image)  # (slices, rows, columns)
    spacing = image.GetSpacing()[::-1]  # the same order, in mm

    result = hermes.refine(array, preset="prostate-t2", spacing=spacing, slices=SLICES)

    for index in result.slice_indices:
        low, high = result.interval[index]
        print(
            f"slice {index}: {result.status[index]},"
            f" pDSC {result.pdsc[index]:.2f} ({low:.2f} to {high:.2f})"
        )
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "segmentation.npy", result.mask)
    draw(array, result, folder / "slices.png")


def draw(array: np.ndarray, result: hermes.RefinementResult, path: Path) -> None:
    """Outline mask (cyan) and pGT (magenta) of each slice."""
    indices = result.slice_indices
    figure, axes = plt.subplots(1, len(indices), figsize=(12, 4.4), layout="constrained")
    for axis, index in zip(axes, indices, strict=True):
        axis.imshow(array[index], cmap="gray")
        axis.contour(result.mask[index], [0.5], colors="cyan", linewidths=1.5)
        axis.contour(result.pgt[index], [0.5], colors="magenta", linewidths=1)
        axis.set_title(f"slice {index}, pDSC {result.pdsc[index]:.2f}")
        axis.set_axis_off()
    figure.savefig(path)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
