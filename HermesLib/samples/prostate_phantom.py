"""A procedural pelvis that resembles an axial T2-weighted MR of the prostate.

It is the bundled sample and an addition to real training slices. Nothing in it comes from a
patient; every number is drawn from the seed. Lengths are in units of half the field of view: x runs
to the patient's left, y to posterior, both -1..1; ``height`` runs from the gland's apex (0) to its
base (1) and beyond.
"""

from dataclasses import dataclass

import numpy as np
import SimpleITK
from scipy import ndimage

#: The seed of the bundled sample, on which some slices reach the threshold and others end below it.
#: The phantoms among the training slices have other seeds.
SAMPLE_SEED = 1


@dataclass(frozen=True)
class Phantom:
    """Image (int16) and whole-gland label (uint8) on one grid."""

    image: SimpleITK.Image
    label: SimpleITK.Image


@dataclass(frozen=True)
class Anatomy:
    """The numbers that differ between procedural patients."""

    centre: tuple[float, float]
    radii: tuple[float, float]
    squareness: float
    zone: float
    zone_tone: float
    peripheral_tone: float
    fat: float
    muscle: float
    bladder: float
    rectum_radius: float
    rectum_air: bool
    turn: float
    wobble: tuple[float, ...]
    bias: float
    noise: float
    gamma: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Anatomy":
        """A random patient."""
        size = rng.uniform(0.75, 1.45)
        return cls(
            centre=(rng.normal(0, 0.03), rng.normal(-0.02, 0.05)),
            radii=(0.24 * size * rng.uniform(0.9, 1.15), 0.18 * size * rng.uniform(0.85, 1.15)),
            squareness=rng.uniform(1.9, 2.9),
            zone=rng.uniform(0.5, 0.8),
            zone_tone=rng.uniform(0.3, 0.5),
            peripheral_tone=rng.uniform(0.5, 0.85),
            fat=rng.uniform(0.6, 0.85),
            muscle=rng.uniform(0.12, 0.24),
            bladder=rng.uniform(0.8, 1.0),
            rectum_radius=rng.uniform(0.1, 0.2),
            rectum_air=bool(rng.random() < 0.6),
            turn=rng.normal(0, 0.06),
            wobble=tuple(rng.normal(0, 0.035, 6)),
            bias=rng.uniform(0.0, 0.5),
            noise=rng.uniform(0.01, 0.05),
            gamma=rng.uniform(0.8, 1.25),
        )


class _Canvas:
    """A slice that soft-edged shapes are painted on, one over another."""

    def __init__(self, side: int, turn: float, rng: np.random.Generator):
        axis = (np.arange(side) + 0.5) / side * 2 - 1
        y, x = np.meshgrid(axis, axis, indexing="ij")
        self.x = x * np.cos(turn) - y * np.sin(turn)
        self.y = x * np.sin(turn) + y * np.cos(turn)
        self.side = side
        self.rng = rng
        self.tone = np.zeros((side, side))

    def texture(self, grain: float) -> np.ndarray:
        """Smooth noise of unit deviation; ``grain`` is its scale in halves of the field of view."""
        noise = ndimage.gaussian_filter(
            self.rng.standard_normal((self.side, self.side)), grain * self.side / 2, mode="wrap"
        )
        return noise / max(float(noise.std()), 1e-9)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        power: float = 2.0,
        wobble: tuple[float, ...] = (),
        tilt: float = 0.0,
    ) -> np.ndarray:
        """Relative depth of a superellipse: 0 on its outline, 1 in the middle, negative outside."""
        x = self.x - centre[0]
        y = self.y - centre[1]
        dx = x * np.cos(tilt) + y * np.sin(tilt)
        dy = -x * np.sin(tilt) + y * np.cos(tilt)
        angle = np.arctan2(dy, dx)
        scale = 1 + sum(
            amount * np.cos((k // 2 + 2) * angle + (k % 2) * np.pi / 2)
            for k, amount in enumerate(wobble)
        )
        return (
            1
            - (np.abs(dx / radii[0]) ** power + np.abs(dy / radii[1]) ** power) ** (1 / power)
            / scale
        )

    def paint(self, depth: np.ndarray, tone: float | np.ndarray, edge: float = 0.03) -> None:
        """Lay a tone where ``depth`` is positive, with a soft edge."""
        cover = np.clip(depth / edge + 0.5, 0, 1)
        self.tone = self.tone * (1 - cover) + tone * cover


def _surroundings(canvas: _Canvas, body: Anatomy, height: float) -> None:
    """Fat, muscles and bones."""
    canvas.tone[:] = body.fat * (1 + 0.1 * canvas.texture(0.05))
    canvas.paint(
        canvas.ellipse((0.0, 0.0), (0.6, 0.75)),
        0.6 * body.fat * (1 + 0.15 * canvas.texture(0.03)),
        0.3,
    )
    for side in (-1, 1):
        canvas.paint(
            canvas.ellipse((0.6 * side, -0.05), (0.2, 0.55), tilt=0.25 * side),
            body.muscle * (1 + 0.2 * canvas.texture(0.02)),
            0.1,
        )
        canvas.paint(
            canvas.ellipse((0.4 * side, -0.5), (0.28, 0.22), tilt=0.6 * side),
            body.muscle * 1.1 * (1 + 0.2 * canvas.texture(0.02)),
            0.1,
        )
        canvas.paint(canvas.ellipse((0.95 * side, -0.25), (0.27, 0.3)), 0.06)
        canvas.paint(
            canvas.ellipse((0.95 * side, -0.25), (0.24, 0.27)),
            0.5 * body.fat * (1 + 0.1 * canvas.texture(0.03)),
        )
        canvas.paint(
            canvas.ellipse((0.75 * side, 0.85), (0.5, 0.32), tilt=-0.5 * side),
            body.muscle * (1 + 0.3 * canvas.texture(0.03)),
            0.1,
        )
        canvas.paint(
            canvas.ellipse((0.45 * side, -0.85), (0.4, 0.2), tilt=0.4 * side),
            body.muscle * 1.2 * (1 + 0.2 * canvas.texture(0.03)),
            0.1,
        )
        if height < 0.7:
            canvas.paint(canvas.ellipse((0.17 * side, -0.52), (0.16, 0.13), tilt=0.5 * side), 0.06)
            canvas.paint(
                canvas.ellipse((0.17 * side, -0.52), (0.13, 0.1), tilt=0.5 * side), 0.45 * body.fat
            )
        if height < 1.1:
            inner = canvas.ellipse((0.0, 0.25), (0.42 + 0.08 * height, 0.55))
            canvas.paint(inner, 0.5 * body.fat * (1 + 0.2 * canvas.texture(0.03)), 0.1)
            canvas.paint(np.minimum(inner, 0.13 - inner), body.muscle, 0.05)


def _rectum(canvas: _Canvas, body: Anatomy, gland_back: float) -> None:
    radius = body.rectum_radius
    middle = (body.centre[0] * 0.5, gland_back + radius + 0.07)
    canvas.paint(
        canvas.ellipse(middle, (radius * 1.35, radius * 1.2), wobble=body.wobble[:4]), 0.33, 0.12
    )
    content = 0.03 if body.rectum_air else 0.35 + 0.25 * canvas.texture(0.03)
    canvas.paint(
        canvas.ellipse(middle, (radius, radius * 0.85), wobble=body.wobble[2:]), content, 0.1
    )


def _bladder(canvas: _Canvas, body: Anatomy, height: float) -> None:
    """The bladder, above the gland's base and in front of it."""
    growth = np.clip((height - 0.72) / 0.5, 0, 1)
    if growth > 0:
        middle = (body.centre[0], body.centre[1] - 0.28 + 0.12 * growth)
        radii = (0.12 + 0.3 * growth, 0.1 + 0.22 * growth)
        canvas.paint(canvas.ellipse(middle, (radii[0] + 0.05, radii[1] + 0.05), 2.3), 0.25, 0.06)
        canvas.paint(
            canvas.ellipse(middle, radii, 2.3),
            body.bladder * (1 + 0.02 * canvas.texture(0.1)),
            0.05,
        )


def _vesicles(canvas: _Canvas, body: Anatomy, height: float) -> None:
    """Bright lobules behind the bladder, above the gland."""
    if not 0.95 < height < 1.35:
        return
    band = np.maximum(
        canvas.ellipse((body.centre[0] - 0.16, body.centre[1] + 0.14), (0.17, 0.06), tilt=0.3),
        canvas.ellipse((body.centre[0] + 0.16, body.centre[1] + 0.14), (0.17, 0.06), tilt=-0.3),
    )
    canvas.paint(band, np.clip(0.55 + 0.3 * np.sign(canvas.texture(0.02)), 0.2, 0.9), 0.2)


def _gland(canvas: _Canvas, body: Anatomy, height: float) -> np.ndarray:
    """Paint the gland and return its relative depth; nothing outside the heights 0..1."""
    if not 0 < height < 1:
        return np.full(canvas.tone.shape, -1.0)
    girth = np.sin(np.pi * (0.08 + 0.84 * height)) ** 0.6
    centre = (body.centre[0], body.centre[1] + 0.05 * (0.5 - height))
    radii = (body.radii[0] * girth, body.radii[1] * girth)
    depth = canvas.ellipse(centre, radii, body.squareness, body.wobble)
    canvas.paint(
        canvas.ellipse(centre, (radii[0] * 1.06, radii[1] * 1.08), body.squareness, body.wobble),
        0.15,
        0.08,
    )
    canvas.paint(depth, body.peripheral_tone * (1 + 0.12 * canvas.texture(0.02)), 0.08)
    zone = body.zone * (0.55 + 0.45 * np.clip(height * 2, 0, 1))
    inner = canvas.ellipse(
        (centre[0], centre[1] - radii[1] * (1 - zone) * 0.75),
        (radii[0] * zone, radii[1] * zone * 1.05),
        2.2,
        body.wobble[::-1],
    )
    canvas.paint(inner, body.zone_tone * 0.6, 0.1)
    nodules = np.clip(body.zone_tone * (1 + 0.35 * canvas.texture(0.035)), 0.1, 0.9)
    canvas.paint(inner - 0.06, nodules, 0.1)
    return depth


def _scan(canvas: _Canvas, body: Anatomy, rng: np.random.Generator, bias: np.ndarray) -> np.ndarray:
    """Partial volume, receive field and Rician noise; float32 in 0..1."""
    signal = ndimage.gaussian_filter(canvas.tone.clip(0, 1.2), canvas.side / 260)
    signal = signal**body.gamma * bias
    real, imaginary = rng.normal(0, body.noise, (2, *signal.shape))
    return np.hypot(signal + real, imaginary).clip(0, 1.3).astype(np.float32) / 1.3


def _bias(side: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    coarse = rng.standard_normal((3, 3))
    return np.exp(
        strength * 0.5 * ndimage.zoom(coarse, side / 3, order=3, grid_mode=True, mode="nearest")
    )


def paint_slice(
    body: Anatomy, height: float, side: int, rng: np.random.Generator, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One slice at a height: image (side, side) float32 in 0..1 and gland (bool)."""
    canvas = _Canvas(side, body.turn, rng)
    _surroundings(canvas, body, height)
    _rectum(canvas, body, body.centre[1] + body.radii[1])
    _bladder(canvas, body, height)
    _vesicles(canvas, body, height)
    depth = _gland(canvas, body, height)
    return _scan(canvas, body, rng, bias), depth > 0


def phantom_slices(
    rng: np.random.Generator, count: int, side: int = 128
) -> list[tuple[np.ndarray, np.ndarray]]:
    """``count`` slices, each of another random patient, a quarter of them without the gland."""
    painted = []
    for _ in range(count):
        body = Anatomy.draw(rng)
        height = float(
            rng.uniform(0.03, 0.97)
            if rng.random() < 0.75
            else rng.choice([rng.uniform(-0.6, -0.05), rng.uniform(1.05, 1.7)])
        )
        painted.append(paint_slice(body, height, side, rng, _bias(side, body.bias, rng)))
    return painted


def prostate_phantom(
    seed: int = 0,
    side: int = 192,
    slices: int = 20,
    spacing: tuple[float, float, float] = (1.0, 1.0, 3.5),
) -> Phantom:
    """A procedural volume: the gland in the middle slices, none at either end.

    The same arguments give the same volume, bit for bit.
    """
    rng = np.random.default_rng(seed)
    body = Anatomy.draw(rng)
    bias = _bias(side, body.bias, rng)
    heights = np.linspace(-0.35, 1.4, slices)
    painted = [paint_slice(body, float(height), side, rng, bias) for height in heights]
    image = SimpleITK.GetImageFromArray(
        np.stack([np.rint(pixels * 1000).astype(np.int16) for pixels, _ in painted])
    )
    label = SimpleITK.GetImageFromArray(np.stack([gland.astype(np.uint8) for _, gland in painted]))
    for volume in (image, label):
        volume.SetSpacing(spacing)
        volume.SetOrigin((-spacing[0] * (side - 1) / 2, -spacing[1] * (side - 1) / 2, 0.0))
    return Phantom(image, label)
