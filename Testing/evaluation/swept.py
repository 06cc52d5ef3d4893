"""Volumes with an organ in a body, written as a folder, and a quality control that finds it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK
import torch

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.protocol import Assessment, Evidence, Observation
from Testing.refinement.analytic import OrganQuality

SPACING = (5.0, 3.0, 3.0)
SHAPE = (30, 64, 72)


def write_volumes(folder: Path, radii: Sequence[float], slices: Sequence[int] = ()) -> None:
    """A Decathlon folder of bodies, each with an organ of a radius in mm; 0: without one.

    Args:
        folder: written to.
        radii: of the organ of each patient.
        slices: of each volume; by default all of :data:`SHAPE`.
    """
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    z, y, x = (axis * pitch for axis, pitch in zip(np.indices(SHAPE), SPACING, strict=True))
    body = ((y - 96) / 85) ** 2 + ((x - 108) / 95) ** 2 < 1
    entries = []
    for number, radius in enumerate(radii):
        organ = (z - 75) ** 2 + (y - 96) ** 2 + (x - 108) ** 2 < radius**2
        image = np.where(body, 100, 0) + np.where(organ, 900, 0)
        image[:, 40:43, 20:23] = 1000  # something else that is as bright
        count = slices[number] if slices else SHAPE[0]
        first = (SHAPE[0] - count) // 2
        for kind, array in (("images", image.astype(np.int16)), ("labels", organ.astype(np.uint8))):
            volume = SimpleITK.GetImageFromArray(array[first : first + count])
            volume.SetSpacing(SPACING[::-1])
            SimpleITK.WriteImage(volume, str(folder / kind / f"made_{number}.nii.gz"))
        name = f"made_{number}.nii.gz"
        entries.append({"image": f"images/{name}", "label": f"labels/{name}"})
    table = {
        "name": "made",
        "labels": {"0": "background", "1": "prostate"},
        "training": entries,
    }
    (folder / "dataset.json").write_text(json.dumps(table), encoding="utf-8")


class Familiar(OrganQuality):
    """Knows organs of a size: one that covers fewer pixels of a slice than ``fewest`` is not there.

    Its pGT is what is bright, without the small square that is not the organ. Masks drawn with its
    pGT score ``prompted``; others get the Dice with it, which of a pGT with itself is 1.
    """

    score = "calibrated"

    def __init__(self, fewest: int = 1, prompted: float = 0.95, shift: int = 0) -> None:
        super().__init__()
        self.fewest = fewest
        self.prompted = prompted
        self.shift = shift
        self.assessed = 0

    def predict_pgt(self, image: torch.Tensor, seed: int) -> torch.Tensor:
        bright = image[0] > 0.5
        bright[40:43, 20:23] = False
        return torch.roll(bright, self.shift, 1).float()

    def log_odds(self, images: torch.Tensor) -> torch.Tensor:
        pixels = [self.predict_pgt(image[1:2], 0).sum() for image in images]
        return torch.where(torch.stack(pixels) >= self.fewest, 20.0, -20.0)

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        odds = self.log_odds(images)
        middle = tuple(image[1:2] for image in images)
        return Observation(images, odds, None, middle, torch.sigmoid(odds))

    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        self.assessed += len(masks)
        pgt = torch.stack([self.predict_pgt(image, 0) for image in observation.features])
        pdsc = dice_batch(masks, pgt > 0.5)
        if evidence == "prompted":
            pdsc = torch.full_like(pdsc, self.prompted)
        one = torch.ones_like(pdsc)
        return Assessment(pgt, pdsc, pdsc, pdsc, one, one)
