"""Training volumes of the context networks, and augmented and warped views of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import noise_like
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.quality.field_of_view import volume_window
from HermesLib.quality.network.context import ContextConfig
from HermesLib.training.ensemble.member_batches import UNKNOWN
from HermesLib.training.slice_sampler import crop_square

#: Side of the stored planes, as a multiple of the network's grid.
_STORED = 1.5
#: A context network learns from this many volumes with the organ at least.
FEWEST_VOLUMES = 2
#: Fewer slices than this are no volume.
_FEWEST_SLICES = 8


@dataclass(frozen=True, eq=False)
class OrganVolume:
    """A volume cut to the field of view. Tensors are on the device that makes the views.

    Attributes:
        image: (N, s, s) uint8.
        organ: (N, s, s) bool.
        others: (N, s, s) uint8, 1-based index of the other organs.
        labelled: (K,) bool, which of the other organs are labelled.
        patient: identity.
        thickness: distance of the slices, mm.
        inside: (P, 3) positions (x, y, z) in -1..1 of some voxels of the organ.
        planes: which slices show the organ.
    """

    image: torch.Tensor
    organ: torch.Tensor
    others: torch.Tensor
    labelled: torch.Tensor
    patient: str
    thickness: float
    inside: np.ndarray
    planes: np.ndarray


@dataclass(frozen=True)
class VolumeAugmentation:
    """Strengths of the random changes.

    Attributes:
        planes: numbers of planes of a view.
        with_organ: share of views that are placed on the organ.
        zoom, stretch_along: ranges of the scale in the plane and along the volume.
        shift: largest shift, as a share of the view's side.
        rotation_degrees: largest rotation in the plane.
        flip: share of left-right flips.
        warp, warp_scale, warp_shift: share of warped organs, range of the factor of the organ's
            width, and largest shift as a share of its radius.
        gamma, noise, bias: strengths of contrast, noise and a linear intensity ramp.
    """

    planes: tuple[int, ...] = (16, 24, 32, 40)
    with_organ: float = 0.7
    zoom: tuple[float, float] = (0.75, 1.35)
    stretch_along: tuple[float, float] = (0.6, 1.6)
    shift: float = 0.08
    rotation_degrees: float = 10.0
    flip: float = 0.0
    warp: float = 0.7
    warp_scale: tuple[float, float] = (0.5, 1.9)
    warp_shift: float = 0.5
    gamma: float = 0.2
    noise: float = 0.03
    bias: float = 0.05


def organ_volumes(
    slices: Sequence[LabelledSlice],
    organ: str,
    config: ContextConfig,
    fewest: int = _FEWEST_SLICES,
    device: torch.device | None = None,
) -> list[OrganVolume]:
    """The volumes of labelled slices, at least ``fewest`` slices each, on ``device`` (the CPU)."""
    return [
        _organ_volume(sorted(group, key=lambda item: item.index), organ, config, device)
        for group in _by_volume(slices, organ, fewest)
    ]


def has_volumes(slices: Sequence[LabelledSlice], organ: str, patients: Collection[str]) -> bool:
    """Whether patients have enough volumes with the organ to train a context network."""
    chosen = [item for item in slices if item.patient in patients]
    with_organ = 0
    for group in _by_volume(chosen, organ, _FEWEST_SLICES):
        masks = (item.organ(organ) for item in group)
        with_organ += any(mask is not None and mask.any() for mask in masks)
    return with_organ >= FEWEST_VOLUMES


def _by_volume(
    slices: Sequence[LabelledSlice], organ: str, fewest: int
) -> list[list[LabelledSlice]]:
    """Slices that label the organ, in volumes of at least ``fewest`` slices."""
    groups: dict[tuple[str, str, str], list[LabelledSlice]] = {}
    for item in slices:
        if item.index >= 0 and item.organ(organ) is not None and item.thickness:
            groups.setdefault(item.place[:-1], []).append(item)
    return [group for group in groups.values() if len(group) >= fewest]


def _organ_volume(
    slices: Sequence[LabelledSlice],
    organ: str,
    config: ContextConfig,
    device: torch.device | None,
) -> OrganVolume:
    images = np.stack([item.image for item in slices])
    window = volume_window(torch.from_numpy(images).float() / 255, config.field)
    side = round(config.grid * _STORED)

    def resized(pictures: np.ndarray, mode: str) -> torch.Tensor:
        cut = crop_square(pictures, window.top, window.left, window.side)
        planes = torch.from_numpy(cut.astype(np.float32))[:, None]
        antialias = {"antialias": True} if mode == "bilinear" else {}
        return functional.interpolate(planes, (side, side), mode=mode, **antialias)[:, 0]

    names = slices[0].names
    table = np.array(
        [config.others.index(name) + 1 if name in config.others else 0 for name in names], np.uint8
    )
    label = np.stack([item.label for item in slices if item.label is not None])
    mask = resized(label == names.index(organ), "bilinear") > 0.5
    inside = np.argwhere(mask.numpy())
    inside = inside[np.linspace(0, len(inside) - 1, min(len(inside), 2000)).astype(int)]
    return OrganVolume(
        resized(images, "bilinear").round().to(torch.uint8).to(device),
        mask.to(device),
        resized(table[label], "nearest-exact").to(torch.uint8).to(device),
        torch.tensor([name in names for name in config.others], dtype=torch.bool).to(device),
        slices[0].patient,
        float(slices[0].thickness or 0),
        ((inside + 0.5) / np.array(mask.shape) * 2 - 1)[:, ::-1].copy(),
        np.flatnonzero(mask.flatten(1).any(1).numpy()),
    )


def sampled_view(
    rng: np.random.Generator,
    volume: OrganVolume,
    config: ContextConfig,
    how: VolumeAugmentation,
    planes: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A view of a volume.

    Returns:
        Image (1, Z, S, S) of 0..1, targets (1 + K, Z, S, S) as of
        :class:`HermesLib.training.ensemble.slices.OrganSliceSampler`, and which planes are inside
        the volume (Z,).
    """
    positions = _positions(rng, volume, config, how, planes)
    pictures = torch.stack([volume.image.float() / 255, volume.organ.float()])
    sampled = functional.grid_sample(
        pictures[None], positions[None], padding_mode="zeros", align_corners=False
    )[0]
    inside = positions[:, :, :, 2].mean((1, 2)).abs() <= 1
    targets = (sampled[1:] > 0.5).float()
    if len(volume.labelled):
        values = functional.grid_sample(
            volume.others.float()[None, None], positions[None], mode="nearest", align_corners=False
        )[0]
        numbers = torch.arange(1, len(volume.labelled) + 1, device=values.device)
        maps = (values.round() == numbers.view(-1, 1, 1, 1)).float()
        known = volume.labelled.view(-1, 1, 1, 1)
        targets = torch.cat([targets, torch.where(known, maps, torch.full_like(maps, UNKNOWN))])
    return _varied(rng, sampled[:1], how), targets, inside


def _positions(
    rng: np.random.Generator,
    volume: OrganVolume,
    config: ContextConfig,
    how: VolumeAugmentation,
    planes: int,
) -> torch.Tensor:
    """Sampling positions (Z, S, S, 3) in -1..1, (x, y, z)."""
    count = len(volume.image)
    along = np.exp(rng.uniform(*np.log(how.stretch_along)))
    # Half of the view's extent along the volume, as a share of half of the volume's.
    extent = planes * config.step_mm * along / (count * volume.thickness)
    with_organ = volume.planes
    if len(with_organ) and rng.random() < how.with_organ:
        middle = (rng.choice(with_organ) + 0.5) / count * 2 - 1
        middle += rng.uniform(-0.6, 0.6) * extent
    else:
        middle = rng.uniform(-1, 1) * max(1 - extent, 0.3)
    zoom = np.exp(rng.uniform(*np.log(how.zoom)))
    angle = np.deg2rad(rng.uniform(-how.rotation_degrees, how.rotation_degrees))
    flip = -1.0 if rng.random() < how.flip else 1.0
    shift = rng.uniform(-how.shift, how.shift, 2) * 2
    theta = torch.tensor(
        [
            [flip * zoom * np.cos(angle), -zoom * np.sin(angle), 0, shift[0]],
            [flip * zoom * np.sin(angle), zoom * np.cos(angle), 0, shift[1]],
            [0, 0, extent, middle],
        ],
        dtype=torch.float32,
    )
    size = [1, 1, planes, config.grid, config.grid]
    theta = theta.to(volume.image.device)
    positions = functional.affine_grid(theta[None], size, align_corners=False)[0]
    if len(with_organ) == 0 or rng.random() >= how.warp:
        return positions
    return _warped(rng, positions, volume, how)


def _warped(
    rng: np.random.Generator, positions: torch.Tensor, volume: OrganVolume, how: VolumeAugmentation
) -> torch.Tensor:
    """Positions with a random warp of the organ."""
    points = volume.inside
    centre = points.mean(0)
    radius = np.sqrt(3 * ((points - centre) ** 2).mean(0)) + 1e-3  # of each axis
    outermost = points[np.argmax((points[:, :2] ** 2).sum(1))]
    about = centre + rng.uniform(0, 1) * (outermost - centre)
    factor = float(np.exp(rng.uniform(*np.log(how.warp_scale))))
    shift = rng.normal(0, 0.5, 3).clip(-1, 1) * how.warp_shift * radius

    def placed(values: np.ndarray) -> torch.Tensor:
        return torch.tensor(values, dtype=positions.dtype).to(positions.device)

    def weight(middle: np.ndarray, reach: float) -> torch.Tensor:
        away = (positions - placed(middle)) / placed(radius)
        return torch.exp(-away.square().sum(-1, keepdim=True) / reach**2)

    positions = positions - weight(centre, 2.0) * placed(shift)
    away = positions - placed(about)
    return positions - away * (1 - 1 / factor) * weight(about, 1.8 * max(factor, 1.0))


def _varied(rng: np.random.Generator, image: torch.Tensor, how: VolumeAugmentation) -> torch.Tensor:
    """Other contrast, intensity ramp and noise of an image (1, Z, S, S)."""
    image = image.clamp(1e-4, 1) ** float(np.exp(rng.normal(0, how.gamma)))
    image = image * (1 + rng.normal(0, how.gamma / 3)) + rng.normal(0, how.gamma / 10)
    if how.bias > 0:
        for axis in (2, 3):
            shape = [1, 1, 1, 1]
            shape[axis] = -1
            ramp = torch.linspace(-1, 1, image.shape[axis], device=image.device).view(shape)
            image = image * torch.exp(ramp * float(rng.normal(0, how.bias)))
    return (image + noise_like(rng, image) * abs(rng.normal(0, how.noise))).clamp(0, 1)
