"""Encodings of places on a slice and of distances between slices, for SAM 2.1's memory."""

import math

import torch

#: The longest wavelength is this times the shortest.
_BASE = 10000.0


def plane_positions(cells: int, channels: int, device: torch.device) -> torch.Tensor:
    """Sines and cosines of the row, then of the column, of each cell: (cells * cells, channels)."""
    half = channels // 2
    places = torch.arange(1, cells + 1, device=device) / (cells + 1e-6) * 2 * math.pi
    angles = places[:, None] / _wavelengths(half, device)
    table = torch.stack([angles[:, 0::2].sin(), angles[:, 1::2].cos()], -1).flatten(1)
    rows = table[:, None].expand(-1, cells, -1)
    columns = table[None].expand(cells, -1, -1)
    return torch.cat([rows, columns], -1).flatten(0, 1)


def distance_positions(distances: torch.Tensor, channels: int) -> torch.Tensor:
    """Sines, then cosines, of distances (N,) between slices, as parts of the largest one.

    Returns:
        (N, channels).
    """
    angles = distances[:, None] / _wavelengths(channels // 2, distances.device)
    return torch.cat([angles.sin(), angles.cos()], -1)


def rotations(cells: int, channels: int, device: torch.device) -> torch.Tensor:
    """Unit complex numbers (cells * cells, channels / 2) by which a cell's pairs are turned.

    The first half of the angles grows with the column, the second with the row.
    """
    speeds = _BASE ** -(torch.arange(0, channels, 4, device=device) / channels)
    angles = torch.arange(cells, device=device, dtype=torch.float32)[:, None] * speeds
    columns = angles[None].expand(cells, -1, -1)
    rows = angles[:, None].expand(-1, cells, -1)
    angles = torch.cat([columns, rows], -1).flatten(0, 1)
    return torch.polar(torch.ones_like(angles), angles)


def rotated(x: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Neighbouring channels of x (B, k * n, C), as complex numbers, times ``by`` (n, C / 2).

    Every n tokens are one slice's.
    """
    pairs = torch.view_as_complex(x.unflatten(1, (-1, len(by))).unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * by).flatten(-2).flatten(1, 2)


def _wavelengths(count: int, device: torch.device) -> torch.Tensor:
    """Of sines and cosines, (count,); two neighbours share one."""
    steps = torch.arange(count, device=device) // 2
    return _BASE ** (2 * steps / count)
