"""Random views of slices: the same geometry for image and mask, then changes of intensity."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """Strengths of the random changes.

    Attributes:
        zoom: range of the field of view relative to the slice.
        shift: largest shift, as a share of the view's side.
        rotation_degrees: largest rotation.
        stretch: largest logarithm of the factor by which one axis grows and the other shrinks.
        bend: strength of the smooth deformation.
        flip, blur, sharpen: probabilities of a left-right flip, a blurred, a sharpened image.
        gamma, bias, noise: strengths of contrast, receive-coil bias and noise.
    """

    zoom: tuple[float, float] = (0.7, 1.25)
    shift: float = 0.08
    rotation_degrees: float = 12.0
    stretch: float = 0.1
    bend: float = 0.02
    flip: float = 0.5
    gamma: float = 0.3
    bias: float = 0.35
    noise: float = 0.05
    blur: float = 0.3
    sharpen: float = 0.0


#: No change but the resampling to the network's grid.
IDENTITY = Augmentation((1.0, 1.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def smooth_fields(
    rng: np.random.Generator,
    count: int,
    side: int,
    cells: int,
    channels: int = 1,
    device: torch.device | None = None,
) -> torch.Tensor:
    """Smooth random fields (count, channels, side, side) with a deviation of about 1."""
    coarse = torch.from_numpy(
        rng.standard_normal((count, channels, cells, cells), dtype=np.float32)
    ).to(device)
    return functional.interpolate(coarse, (side, side), mode="bicubic", align_corners=True) * 1.3


def sampling_grid(
    rng: np.random.Generator,
    count: int,
    side: int,
    how: Augmentation,
    device: torch.device | None = None,
) -> torch.Tensor:
    """Sampling positions (count, side, side, 2) for ``grid_sample`` on squares of -1..1.

    They are computed on ``device``, the CPU by default.
    """
    angle = np.deg2rad(rng.uniform(-how.rotation_degrees, how.rotation_degrees, count))
    zoom = np.exp(rng.uniform(np.log(how.zoom[0]), np.log(how.zoom[1]), count))
    stretch = np.exp(rng.uniform(-how.stretch, how.stretch, count))
    flip = np.where(rng.random(count) < how.flip, -1.0, 1.0)
    shift = rng.uniform(-how.shift, how.shift, (count, 2)) * 2
    theta = np.zeros((count, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1] = (
        flip * zoom * stretch * np.cos(angle),
        -zoom * stretch * np.sin(angle),
    )
    theta[:, 1, 0], theta[:, 1, 1] = (
        flip * zoom / stretch * np.sin(angle),
        zoom / stretch * np.cos(angle),
    )
    theta[:, :, 2] = shift
    grid = functional.affine_grid(
        torch.from_numpy(theta).to(device), [count, 1, side, side], align_corners=False
    )
    if how.bend > 0:
        strength = (
            torch.from_numpy(rng.uniform(0, how.bend, (count, 1, 1, 1)).astype(np.float32)) * 2
        )
        fields = smooth_fields(rng, count, side, 5, 2, device).permute(0, 2, 3, 1)
        grid = grid + fields * strength.to(device)
    return grid


def view(picture: torch.Tensor, grid: torch.Tensor, mode: str = "bilinear") -> torch.Tensor:
    """Sample a picture (C, H, W) at positions (side, side, 2) of its letterboxed square.

    Positions outside give 0. A view that shrinks the picture averages it first, so that thin
    structures do not alias.
    """
    rows, columns = picture.shape[-2:]
    side = max(rows, columns)
    if rows != columns:
        left, top = (side - columns) // 2, (side - rows) // 2
        picture = functional.pad(picture, (left, side - columns - left, top, side - rows - top))
    spread = (
        float((grid[0, -1, 0] - grid[0, 0, 0]).abs() + (grid[0, -1, 1] - grid[0, 0, 1]).abs()) / 2
    )
    wanted = max(1, round(grid.shape[0] / max(spread, 1e-3)))
    if mode == "bilinear" and side > 1.3 * wanted:
        picture = functional.interpolate(
            picture[None], (wanted, wanted), mode="bilinear", antialias=True
        )[0]
    return functional.grid_sample(
        picture[None], grid[None], mode=mode, padding_mode="zeros", align_corners=False
    )[0]


def vary_intensity(
    rng: np.random.Generator, images: torch.Tensor, how: Augmentation
) -> torch.Tensor:
    """Change contrast, receive-coil bias, sharpness and noise of images (B, C, S, S) in 0..1.

    The channels of an image, a slice and its neighbours, come from one scan and change together.
    The images are changed on the device that they are on.
    """
    count, side, device = len(images), images.shape[-1], images.device

    def draw(scale: float) -> torch.Tensor:
        values = rng.normal(0, scale, (count, 1, 1, 1)).astype(np.float32)
        return torch.from_numpy(values).to(device)

    if how.gamma > 0:
        images = images.clamp(1e-4, 1) ** torch.exp(draw(how.gamma))
        images = images * (1 + draw(how.gamma / 3)) + draw(how.gamma / 10)
    if how.bias > 0:
        images = images * torch.exp(smooth_fields(rng, count, side, 3, 1, device) * draw(how.bias))
    if how.blur > 0:
        for k in np.flatnonzero(rng.random(count) < how.blur):
            small = max(8, int(side * rng.uniform(0.4, 0.9)))
            lower = functional.interpolate(
                images[k : k + 1], (small, small), mode="bilinear", antialias=True
            )
            images[k : k + 1] = functional.interpolate(lower, (side, side), mode="bilinear")
    if how.sharpen > 0:
        share = rng.uniform(0, 1, (count, 1, 1, 1)) * (rng.random((count, 1, 1, 1)) < how.sharpen)
        detail = images - functional.avg_pool2d(images, 5, 1, 2, count_include_pad=False)
        images = images + detail * torch.from_numpy(share.astype(np.float32)).to(device)
    if how.noise > 0:
        images = images + noise_like(rng, images) * draw(how.noise).abs()
    return images.clamp(0, 1)


def noise_like(rng: np.random.Generator, images: torch.Tensor) -> torch.Tensor:
    """Gaussian noise of deviation 1, of the shape of images and on their device."""
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(2**62)))
    return torch.randn(images.shape, generator=generator, device=images.device)
