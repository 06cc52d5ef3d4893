"""Warps of whole volumes in which an organ grows, shrinks or moves inside a body that stays.

A warp follows a smooth flow (all lengths in mm): it has no folds, is zero from the body's outline
outwards and far from the organ, and images and labels there stay as they are, bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

#: Distance of the points at which the flow is followed, mm. It changes little in between.
_COARSE = 5.0
#: Air in a CT's window is 0. Dark tissue of an MR, far from a bright coil, is down to 0.005.
_AIR = 0.002
#: Depth below the body's outline from which on tissue moves freely, mm: skin, fat and ribs.
_DAMPED = 25.0
#: An organ that lies this deep grows about its centroid, mm; a shallower one grows inwards.
_DEEP = 60.0
#: Largest change of the flow's velocity from point to point in one step; below 1 nothing folds.
_STEP = 0.2
#: What is close enough: of a volume factor, and of a shift.
TOLERANCE = 0.02
_TRIALS = 12

#: Displacements (3, ...) at positions (3, ...), both in mm.
_Velocity = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True, eq=False)
class OrganVolume:
    """A volume with its organ.

    Attributes:
        image: (N, H, W) float32.
        organ: (N, H, W) bool, not empty.
        spacing: of slices, rows and columns, mm.
    """

    image: np.ndarray
    organ: np.ndarray
    spacing: tuple[float, float, float]

    @property
    def centroid(self) -> np.ndarray:
        """Mean position (3,) of the organ, mm."""
        return _positions(self.organ, self.spacing).mean(1)

    @property
    def volume(self) -> float:
        """Volume of the organ, mm^3."""
        return float(self.organ.sum() * np.prod(self.spacing))

    @property
    def radius(self) -> float:
        """Radius of a ball with the organ's second moment, mm."""
        away = _positions(self.organ, self.spacing) - self.centroid[:, None]
        return float(np.sqrt(5 / 3 * (away**2).sum(0).mean()))


@dataclass(frozen=True, eq=False)
class _Body:
    """The organ's place in the body.

    Attributes:
        inside: (N, H, W) bool, the body.
        freedom: (n, h, w) on a coarse grid: 0 outside the body and at the ends of the volume, 1
            deep inside.
        pitch: of that grid, mm.
        wall: the organ's point (3,) that is nearest to the body's outline, mm.
        depth: its distance from there, mm.
    """

    inside: np.ndarray
    freedom: np.ndarray
    pitch: np.ndarray
    wall: np.ndarray
    depth: float

    def freedom_at(self, positions: np.ndarray) -> np.ndarray:
        """How freely tissue at positions (3, ...) moves, 0..1."""
        where = positions / self.pitch.reshape(3, *[1] * (positions.ndim - 1))
        return ndimage.map_coordinates(self.freedom, where, order=1, mode="nearest")


def body_mask(image: np.ndarray) -> np.ndarray:
    """The body (N, H, W, bool) in an image of 0..1 in which air is near 0, without table and air.

    Where little of the image is brighter than air, all of it counts as body.
    """
    bright = ndimage.binary_opening(image > _AIR, np.ones((1, 3, 3)))
    parts, count = ndimage.label(bright)
    if not count:
        return np.ones(image.shape, bool)
    body = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    body = np.stack([ndimage.binary_fill_holes(one) for one in body])
    return body if body.mean() > 0.1 else np.ones(image.shape, bool)


def resize_organ(volume: OrganVolume, factor: float) -> OrganVolume:
    """The organ with ``factor`` times its volume.

    It grows about a point between its centroid and the body's outline, so that an organ at the
    body's wall grows inwards. Where the volume's ends leave no room, the factor stays smaller.

    Args:
        volume: the organ in its body.
        factor: of its volume; made for 0.3 to 4.
    """
    body = _body(volume)
    centroid = volume.centroid
    centre = centroid + 0.8 * max(0.0, 1 - body.depth / _DEEP) * (body.wall - centroid)
    radius = volume.radius
    support = 2.2 * radius * max(1.0, factor ** (1 / 3)) + np.linalg.norm(centre - centroid)

    def warped(strength: float) -> OrganVolume:
        def velocity(positions: np.ndarray, _time: float) -> np.ndarray:
            away = positions - centre.reshape(3, 1, 1, 1)
            return strength * _weight(away, support) * body.freedom_at(positions) * away

        return _flow(volume, body.inside, velocity, centre, support, abs(strength))

    def reached(result: OrganVolume) -> float:
        return float(np.log(max(result.volume, 1e-6) / volume.volume))

    return _search(warped, reached, float(np.log(factor)), float(np.log(factor)) / 3, TOLERANCE)


def shift_organ(
    volume: OrganVolume, distance: float, direction: np.ndarray | None = None
) -> OrganVolume:
    """The organ, its centroid displaced by ``distance`` mm.

    Args:
        volume: the organ in its body.
        distance: mm.
        direction: (3,), of slices, rows and columns; by default away from the nearest wall, within
            the slice.
    """
    body = _body(volume)
    centroid = volume.centroid
    if direction is None:
        direction = (centroid - body.wall) * (0, 1, 1)
    towards = np.asarray(direction, float)
    towards = towards / max(float(np.linalg.norm(towards)), 1e-6)
    radius = volume.radius
    support = 2.6 * radius + distance

    def warped(length: float) -> OrganVolume:
        def velocity(positions: np.ndarray, time: float) -> np.ndarray:
            centre = centroid + time * length * towards
            away = positions - centre.reshape(3, 1, 1, 1)
            weight = _weight(away, support) * body.freedom_at(positions)
            return length * weight * towards.reshape(3, 1, 1, 1)

        return _flow(
            volume, body.inside, velocity, centroid, support + abs(length), 3 * length / support
        )

    def reached(result: OrganVolume) -> float:
        return float((result.centroid - centroid) @ towards) if result.organ.any() else 0.0

    return _search(warped, reached, distance, distance, TOLERANCE * distance)


def _search(
    warped: Callable[[float], OrganVolume],
    reached: Callable[[OrganVolume], float],
    wanted: float,
    first: float,
    tolerance: float,
) -> OrganVolume:
    """The warp whose effect is nearest to ``wanted``, by the secant method from no warp at all."""
    if abs(wanted) < 1e-9:
        return warped(0.0)
    known, effect, strength = 0.0, 0.0, first
    best: tuple[float, OrganVolume] | None = None
    for _ in range(_TRIALS):
        result = warped(strength)
        now = reached(result)
        if best is None or abs(now - wanted) < best[0]:
            best = abs(now - wanted), result
        if best[0] <= tolerance or abs(now - effect) < 1e-4:
            break
        slope = (now - effect) / (strength - known)
        known, effect = strength, now
        ahead = strength + (wanted - now) / slope
        # Not back through zero, and not more than twice as far at a time.
        strength = float(np.sign(first) * np.clip(ahead / first, 0.2 * known / first, 8.0)) * abs(
            first
        )
    assert best is not None
    return best[1]


def _flow(
    volume: OrganVolume,
    inside: np.ndarray,
    velocity: _Velocity,
    centre: np.ndarray,
    support: float,
    steepness: float,
) -> OrganVolume:
    """Image and organ after the flow in the body, zero further than ``support`` from ``centre``."""
    spacing = np.array(volume.spacing)
    shape = np.array(volume.organ.shape)
    low = np.clip(np.floor((centre - support) / spacing), 0, shape - 1).astype(int)
    high = np.clip(np.ceil((centre + support) / spacing) + 1, low + 1, shape).astype(int)
    points = [
        np.linspace(start, stop - 1, max(2, round((stop - 1 - start) * pitch / _COARSE) + 1))
        for start, stop, pitch in zip(low, high, spacing, strict=True)
    ]
    at_end = np.stack(np.meshgrid(*points, indexing="ij")) * spacing.reshape(3, 1, 1, 1)
    # Velocities also change where the body's outline damps them: support / _DAMPED as fast.
    steps = int(np.ceil(max(1.0, steepness * max(1.0, support / _DAMPED) / _STEP)))
    source = at_end.copy()
    for step in range(steps, 0, -1):
        source -= velocity(source, (step - 0.5) / steps) / steps
    moved = torch.from_numpy(((source - at_end) / spacing.reshape(3, 1, 1, 1)).astype(np.float32))
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    size = [int(length) for length in high - low]
    shift = functional.interpolate(moved[None], size, mode="trilinear", align_corners=True)[0]
    image, organ = volume.image.copy(), volume.organ.copy()
    still = (shift.abs() < 1e-4).all(0).numpy() | ~inside[box]
    channels = np.stack([volume.image[box], volume.organ[box].astype(np.float32)])
    sampled = _sample(torch.from_numpy(channels), shift).numpy()
    image[box] = np.where(still, image[box], sampled[0])
    organ[box] = np.where(still, organ[box], sampled[1] > 0.5)
    # A flow without folds leaves the number of parts; more of them are crumbs of the sampling.
    return OrganVolume(image, largest_parts(organ, part_count(volume.organ)), volume.spacing)


def part_count(organ: np.ndarray) -> int:
    """How many connected parts an organ (N, H, W, bool) has."""
    return int(ndimage.label(organ)[1])


def largest_parts(organ: np.ndarray, most: int) -> np.ndarray:
    """An organ (N, H, W, bool) without all but its ``most`` largest connected parts."""
    parts, count = ndimage.label(organ)
    if count <= most:
        return organ
    sizes = np.bincount(parts.ravel())[1:]
    return np.isin(parts, 1 + np.argsort(-sizes, kind="stable")[:most])


def _sample(channels: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Channels (C, N, H, W) at the voxels moved by ``shift`` (3, N, H, W) voxels, linearly."""
    axes = []
    for axis, length in enumerate(shift.shape[1:]):
        own = torch.arange(length, dtype=torch.float32)
        own = own.reshape([-1 if other == axis else 1 for other in range(3)])
        axes.append((shift[axis] + own) * (2 / max(length - 1, 1)) - 1)
    grid = torch.stack(axes[::-1], -1)[None]
    return functional.grid_sample(
        channels[None].float(), grid, padding_mode="border", align_corners=True
    )[0]


def _weight(away: np.ndarray, support: float) -> np.ndarray:
    """1 in the middle, 0 from ``support`` on; close to a Gaussian of width ``support`` / 1.7."""
    return np.clip(1 - (away**2).sum(0) / support**2, 0, None) ** 3


def _positions(organ: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    return np.stack(np.nonzero(organ)) * np.array(spacing)[:, None]


def _body(volume: OrganVolume) -> _Body:
    stride = [max(1, int(_COARSE / pitch)) for pitch in volume.spacing]
    coarse = tuple(slice(None, None, step) for step in stride)
    pitch = np.array(volume.spacing) * stride
    whole = body_mask(volume.image)
    inside = whole[coarse]
    edge = np.pad(inside, 1)
    depth = ndimage.distance_transform_edt(edge, pitch)[1:-1, 1:-1, 1:-1]
    share = np.clip(depth / _DAMPED, 0, 1)
    across = np.stack([ndimage.distance_transform_edt(np.pad(one, 1), pitch[1:]) for one in inside])
    across = across[:, 1:-1, 1:-1]
    organ = volume.organ[coarse]
    organ = organ if organ.any() else np.ones_like(organ)
    place = np.unravel_index(np.argmin(np.where(organ, across, np.inf)), organ.shape)
    freedom = (share**2 * (3 - 2 * share)).astype(np.float32)
    return _Body(whole, freedom, pitch, np.array(place) * pitch, float(across[place]))
