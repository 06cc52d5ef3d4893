"""Helpers: a small volume with a bright organ, and programs in an environment of their own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.guides.map import GuideMap
from HermesLib.guides.registry import draw_guide
from HermesLib.io.volumes import Volume, volume_from_image
from HermesLib.notices import heard_by

PACKAGES = Path(__file__).parent / "packages"
#: The organ is where the image is brighter than this.
BRIGHT = 0.5


@dataclass(frozen=True)
class Organ:
    name: str = "liver"
    organ_label: str = "liver"
    modality: str = "CT"


LIVER = Organ()


def bright_image(shape=(6, 24, 20)) -> SimpleITK.Image:
    """An oblique image with a bright box, off the middle so that flips and turns show."""
    values = np.random.default_rng(0).random(shape).astype(np.float32) * 0.4
    values[2:5, 5:15, 8:18] += 1
    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing((0.8, 0.9, 3.0))
    image.SetOrigin((-10.0, 5.0, 20.0))
    cosine, sine = np.cos(0.2), np.sin(0.2)
    image.SetDirection((cosine, -sine, 0, sine, cosine, 0, 0, 0, -1))
    return image


def bright_volume() -> Volume:
    return volume_from_image(bright_image())


def drawn(spec: str, volume: Volume, organ=LIVER, **options) -> tuple[GuideMap, list[str]]:
    """The guide, and the messages of the notices."""
    heard = []
    with heard_by(heard.append):
        guide = draw_guide(spec, volume, organ, device="cpu", **options)
    return guide, [notice.message for notice in heard]


def install(package: str, site: Path, version: str = "9.9") -> None:
    """Put a stand-in package into a folder of packages, with its metadata."""
    shutil.copytree(PACKAGES / f"standin_{package}", site / package)
    metadata = site / f"{package}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    )
