"""Organs in two parts: a band of the surrounding tissue divides the organ of a whole volume."""

import numpy as np
from scipy import ndimage

from HermesLib.datasets.volume_warp import OrganVolume, largest_parts
from HermesLib.errors import HermesError

#: The smaller part has at least this share of what is left of the organ.
_SMALLEST = 0.15
#: Tissue up to this distance from the organ is what surrounds it, mm.
_AROUND = 12.0
#: Width of the soft edge between organ and band, mm.
_EDGE = 0.8


def divide_organ(volume: OrganVolume, width: float) -> OrganVolume:
    """The organ divided by an oblique band of ``width`` mm, across its longest axis.

    Raises:
        HermesError: no such band leaves two parts of some size.
    """
    spacing = np.array(volume.spacing)[:, None]
    inside = np.stack(np.nonzero(volume.organ)) * spacing
    away = inside - inside.mean(1, keepdims=True)
    axes = np.linalg.eigh(np.cov(away))[1].T[::-1]
    # Somewhat oblique first: across the longest axis, and tilted towards the second one.
    for normal in (axes[0] + 0.3 * axes[1], axes[0], axes[0] - 0.3 * axes[1], axes[1], axes[2]):
        across = normal / np.linalg.norm(normal) @ away
        for share in (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7):
            band = np.zeros_like(volume.organ)
            band[volume.organ] = np.abs(across - np.quantile(across, share)) < width / 2
            if (rest := _two_parts(volume.organ & ~band)) is not None:
                return _fill(volume, rest)
    raise HermesError(f"no band of {width:g} mm divides the organ in two")


def remove_slices(volume: OrganVolume, count: int) -> OrganVolume:
    """The organ without ``count`` slices in its middle.

    Raises:
        HermesError: no such gap leaves two parts of some size.
    """
    indices = np.flatnonzero(volume.organ.any((1, 2)))
    starts = indices[1 : len(indices) - count]
    for start in sorted(starts, key=lambda index: abs(index + (count - 1) / 2 - indices.mean())):
        rest = volume.organ.copy()
        rest[start : start + count] = False
        if (parts := _two_parts(rest)) is not None:
            return _fill(volume, parts)
    raise HermesError(f"no gap of {count} slices divides the organ in two")


def _two_parts(organ: np.ndarray) -> np.ndarray | None:
    """The two largest parts, if the second is large enough and hardly anything else is left."""
    labelled, count = ndimage.label(organ)
    if count < 2:
        return None
    sizes = np.sort(np.bincount(labelled.ravel())[1:])[::-1]
    if sizes[1] < _SMALLEST * sizes.sum() or sizes[2:].sum() > 0.03 * sizes.sum():
        return None
    return largest_parts(organ, 2)


def _fill(volume: OrganVolume, rest: np.ndarray) -> OrganVolume:
    """The volume with what surrounds the organ, and the organ's own grain, where it was removed."""
    spacing = np.array(volume.spacing)
    margin = np.ceil(3 * _AROUND / spacing).astype(int)
    places = np.stack(np.nonzero(volume.organ))
    low = np.maximum(places.min(1) - margin, 0)
    high = places.max(1) + margin + 1
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    image, organ = volume.image[box], volume.organ[box]
    distance = ndimage.distance_transform_edt(~organ, spacing)
    # Air and bone nearby would not fill a gap: only tissue of medium brightness does.
    tissue = (distance > 1.5 * spacing[1]) & (distance < _AROUND) & (image > 0.03) & (image < 0.8)
    typical = float(np.median(image[tissue])) if tissue.any() else 0.0
    around = _local_mean(image, tissue, _AROUND / spacing / 2, typical)
    own = _local_mean(image, organ, 2 * spacing[1] / spacing, typical)
    filling = (around + np.where(organ, image - own, 0)).clip(0, 1)
    gone = organ & ~rest[box]
    soft = ndimage.gaussian_filter(gone.astype(np.float32), _EDGE / spacing)
    soft = np.where(organ, soft, 0)
    soft[gone] = np.maximum(soft[gone], 0.5)
    result = volume.image.copy()
    result[box] = np.where(soft > 0.01, image + soft * (filling - image), image)
    return OrganVolume(result, rest, volume.spacing)


def _local_mean(
    image: np.ndarray, where: np.ndarray, sigmas: np.ndarray, fallback: float
) -> np.ndarray:
    """Weighted mean of the image over the voxels ``where``, around every voxel."""
    weight = ndimage.gaussian_filter(where.astype(np.float32), sigmas)
    total = ndimage.gaussian_filter(np.where(where, image, 0).astype(np.float32), sigmas)
    return np.asarray((total + 1e-3 * fallback) / (weight + 1e-3), np.float32)
