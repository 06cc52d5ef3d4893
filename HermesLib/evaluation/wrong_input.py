"""Kinds of input that a preset was not made for, drawn from real volumes.

Each kind takes a volume in its stored units and returns what a user would have given by mistake.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from HermesLib.presets.preset import Intensity

CT, MR = "CT", "MR"
#: A soft-tissue window: its lower end and its width, Hounsfield units.
_LOW, _WIDTH = -125.0, 400.0
#: Planes that are cut across a volume, at most.
_PLANES = 16
#: Slices away from the organ from which a volume shows another region.
_AWAY = 8


@dataclass(frozen=True, eq=False)
class RawVolume:
    """A volume in its stored units.

    Attributes:
        voxels: (N, H, W) float32, Hounsfield units for CT.
        spacing: from slice to slice, row to row, column to column, mm.
        organ: (N, H, W) bool, empty where it is not known.
        windowed: whether the voxels are 0..1, mapped as the preset maps them.
    """

    voxels: np.ndarray
    spacing: tuple[float, float, float]
    organ: np.ndarray
    windowed: bool = False

    def select(self, indices: np.ndarray | slice) -> "RawVolume":
        """Some of the slices."""
        return replace(self, voxels=self.voxels[indices], organ=self.organ[indices])

    def with_voxels(self, voxels: np.ndarray) -> "RawVolume":
        """The same slices with other voxels, in which no organ is known."""
        voxels = np.ascontiguousarray(voxels, np.float32)
        return RawVolume(voxels, self.spacing, np.zeros(voxels.shape, bool))

    def normalise(self, intensity: Intensity) -> np.ndarray:
        """Voxels in 0..1.

        Raises:
            HermesError: a constant MR.
        """
        return self.voxels if self.windowed else intensity.normalise(self.voxels)


Change = Callable[[RawVolume, np.random.Generator], RawVolume | None]


@dataclass(frozen=True)
class WrongKind:
    """One kind of wrong input.

    Attributes:
        name, sentence: for people.
        modalities: of the presets that it is wrong for.
        change: from a right volume to a wrong one; None where that volume does not allow it.
        across: whether the change needs the whole volume, not only some of its slices.
        visible: whether a single slice gives it away. Others are shown by the absence of the organ.
    """

    name: str
    sentence: str
    modalities: tuple[str, ...]
    change: Change
    across: bool = False
    visible: bool = True


def mirrored(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Left and right exchanged."""
    return volume.with_voxels(volume.voxels[:, :, ::-1])


def upside_down(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Front and back exchanged."""
    return volume.with_voxels(volume.voxels[:, ::-1])


def rotated_90(volume: RawVolume, rng: np.random.Generator) -> RawVolume:
    """A quarter turn, to either side."""
    return volume.with_voxels(np.rot90(volume.voxels, int(rng.choice([1, 3])), (1, 2)))


def rotated_180(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Half a turn."""
    return volume.with_voxels(volume.voxels[:, ::-1, ::-1])


def sagittal(volume: RawVolume, _: np.random.Generator) -> RawVolume | None:
    """Planes along the body, from front to back."""
    return _across(volume, (2, 0, 1))


def coronal(volume: RawVolume, _: np.random.Generator) -> RawVolume | None:
    """Planes along the body, from side to side."""
    return _across(volume, (1, 0, 2))


def _across(volume: RawVolume, order: tuple[int, int, int]) -> RawVolume | None:
    if len(volume.voxels) < _AWAY:
        return None
    count = volume.voxels.shape[order[0]]
    first, last = count // 4, count - count // 4
    chosen = np.unique(np.linspace(first, last - 1, _PLANES).astype(int))
    planes = volume.voxels.transpose(order)[chosen]
    # The last slice is at the head's end: it becomes the first row.
    planes = planes[:, ::-1]
    rows, columns = volume.spacing[order[1]], volume.spacing[order[2]]
    finest = min(rows, columns)
    zoomed = ndimage.zoom(planes, (1, rows / finest, columns / finest), order=1)
    spacing = (volume.spacing[order[0]] * count / (2 * _PLANES), finest, finest)
    return replace(volume.with_voxels(zoomed), spacing=spacing)


def inverted(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Bright for dark."""
    low, high = np.percentile(volume.voxels[::3], [1, 99])
    return volume.with_voxels(low + high - volume.voxels)


def inverted_window(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Bright for dark within a soft-tissue window."""
    return volume.with_voxels(2 * _LOW + _WIDTH - volume.voxels.clip(_LOW, _LOW + _WIDTH))


def constant(volume: RawVolume, rng: np.random.Generator) -> RawVolume:
    """The same value everywhere, apart from a faint grain."""
    grain = rng.random(volume.voxels.shape, dtype=np.float32) * 1e-3
    return volume.with_voxels(grain + float(rng.choice([-1000, 0, 100, 1000])))


def noise(volume: RawVolume, rng: np.random.Generator) -> RawVolume:
    """Noise, fine or coarse, with the volume's mean and deviation."""
    field = rng.standard_normal(volume.voxels.shape, dtype=np.float32)
    if grain := float(rng.choice([0, 2, 6])):
        field = ndimage.gaussian_filter(field, (0, grain, grain))
        field /= max(float(field.std()), 1e-6)
    deviation = min(max(float(volume.voxels.std()), 1.0), 300.0)
    return volume.with_voxels(field * deviation + float(volume.voxels.mean().clip(-200, 1000)))


def phantom(volume: RawVolume, rng: np.random.Generator) -> RawVolume:
    """A water cylinder with round inserts, as scanners are calibrated with."""
    count, rows, columns = volume.voxels.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    radius = rng.uniform(0.5, 0.9)
    inside = np.hypot(x, y) < radius
    is_ct = volume.voxels.min() < -200
    picture = np.where(inside, rng.normal(0, 20) if is_ct else 600, -1000 if is_ct else 0)
    for angle in np.arange(0, 2 * np.pi, 2 * np.pi / rng.integers(3, 9)):
        middle = 0.6 * radius * np.array([np.cos(angle), np.sin(angle)])
        insert = np.hypot(x - middle[0], y - middle[1]) < rng.uniform(0.03, 0.15)
        picture[insert] = rng.uniform(-200, 400) if is_ct else rng.uniform(0, 1200)
    grain = rng.normal(0, 12, (count, rows, columns))
    return volume.with_voxels(picture + grain * (1 if is_ct else inside + 0.3))


def offset_scale(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """Hounsfield units stored with 1000 or 1024 added."""
    return volume.with_voxels(volume.voxels.clip(-1024, None) + 1024)


def eight_bit(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """A display window stored as 0..255 and read as Hounsfield units."""
    return volume.with_voxels(np.round(_unit(volume.voxels) * 255))


def unit_scale(volume: RawVolume, _: np.random.Generator) -> RawVolume:
    """A display window stored as 0..1 and read as Hounsfield units."""
    return volume.with_voxels(_unit(volume.voxels))


def _unit(voxels: np.ndarray) -> np.ndarray:
    """Hounsfield units as 0..1 of the soft-tissue window."""
    return ((voxels - _LOW) / _WIDTH).clip(0, 1)


def extreme_bias(volume: RawVolume, rng: np.random.Generator) -> RawVolume:
    """The signal falls to a fiftieth across the slice, as beside a surface coil."""
    ramp = np.linspace(0, 4, volume.voxels.shape[1], dtype=np.float32)[None, :, None]
    ramp = ramp if rng.random() < 0.5 else ramp[:, ::-1]
    return replace(volume, voxels=volume.voxels * np.exp(-ramp))


def organ_removed(volume: RawVolume, rng: np.random.Generator) -> RawVolume | None:
    """The organ painted over with the tissue around it."""
    if not volume.organ.any():
        return None
    voxels = volume.voxels.copy()
    for plane, organ in zip(voxels, volume.organ, strict=True):
        if not organ.any():
            continue
        around = ndimage.binary_dilation(organ, iterations=8)
        around &= ~ndimage.binary_dilation(organ, iterations=3)
        hole = ndimage.binary_dilation(organ, iterations=2)
        plane[hole] = rng.choice(plane[around], int(hole.sum()))
        plane[hole] = ndimage.gaussian_filter(plane, 1.0)[hole]
    return volume.with_voxels(voxels)


def other_region(volume: RawVolume, _: np.random.Generator) -> RawVolume | None:
    """Only the slices far from the organ, on the side where there are more of them."""
    with_organ = np.flatnonzero(volume.organ.any((1, 2)))
    if not len(with_organ):
        return None
    above = np.arange(with_organ[-1] + _AWAY, len(volume.voxels))
    below = np.arange(0, max(with_organ[0] - _AWAY + 1, 0))
    chosen = above if len(above) > len(below) else below
    return volume.select(chosen) if len(chosen) >= _AWAY else None


_BOTH = (CT, MR)
#: All kinds that are made from the right input itself.
KINDS: tuple[WrongKind, ...] = (
    WrongKind("mirrored", "left and right exchanged", (CT,), mirrored),
    WrongKind("upside-down", "front and back exchanged", _BOTH, upside_down),
    WrongKind("rotated-90", "turned by a quarter", _BOTH, rotated_90),
    WrongKind("rotated-180", "turned by half", _BOTH, rotated_180),
    WrongKind("sagittal", "sagittal planes given as axial", _BOTH, sagittal, across=True),
    WrongKind("coronal", "coronal planes given as axial", _BOTH, coronal, across=True),
    WrongKind("inverted", "bright for dark", (MR,), inverted),
    WrongKind("inverted", "bright for dark in the window", (CT,), inverted_window),
    WrongKind("constant", "one value with a faint grain", _BOTH, constant),
    WrongKind("noise", "nothing but noise", _BOTH, noise),
    WrongKind("phantom", "a calibration cylinder", _BOTH, phantom),
    WrongKind("offset-scale", "1024 added to Hounsfield units", (CT,), offset_scale),
    WrongKind("eight-bit", "a window as 0..255, read as Hounsfield units", (CT,), eight_bit),
    WrongKind("unit-scale", "a window as 0..1, read as Hounsfield units", (CT,), unit_scale),
    WrongKind("extreme-bias", "a signal that falls to 1/50", (MR,), extreme_bias, visible=False),
    WrongKind("organ-removed", "the organ painted over", _BOTH, organ_removed, visible=False),
    WrongKind(
        "other-region", "only slices far from the organ", (CT,), other_region, True, visible=False
    ),
)
#: The kind of input that comes from other scans.
OTHER = "other-scan"


def kinds_for(modality: str) -> list[WrongKind]:
    """The kinds that are wrong for presets of a modality."""
    return [kind for kind in KINDS if modality in kind.modalities]


def as_other_scan(volume: RawVolume, modality: str, rng: np.random.Generator) -> RawVolume:
    """A scan of another modality or body part, as a user would give it to a preset.

    As stored, or with another scale: MR has an arbitrary one; exported pictures fill 0..255 or the
    whole window.
    """
    low, high = np.percentile(volume.voxels[::3], [0.5, 99.5])
    unit = ((volume.voxels - low) / max(float(high - low), 1e-6)).clip(0, 1)
    way = rng.integers(3)
    if modality == CT and way == 0:
        return volume.with_voxels(unit * float(rng.uniform(200, 1500)))
    if modality == CT and (way == 1 or volume.windowed):
        return volume.with_voxels(unit * _WIDTH + _LOW)
    if modality == MR and volume.voxels.min() < -200 and way == 0:
        return volume.with_voxels(volume.voxels.clip(_LOW, _LOW + _WIDTH))
    return volume.with_voxels(volume.voxels)
