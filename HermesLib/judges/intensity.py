"""The judge that asks whether a mask's outline follows the brightness: no training, no model.

After Audelan and Delingette 2019 ("Unsupervised quality control of image segmentation based on
Bayesian learning"). In a narrow band around the outline, what is inside and what is outside the
mask each have a mixture of Student's t-distributions of the brightness. The organ's place in the
band is then inferred again, from these mixtures and a smoothness prior: the log odds of a pixel are
a sum of Gaussian bumps on a lattice, whose weights have a normal prior with an unknown precision
(variational logistic regression with Jaakkola's bound). A mask whose outline lies where brightness
changes is found again; the Dice of mask and posterior is the estimate.

From the source: band, mixtures, prior, inference, and the Dice. Ours: the sizes, a fixed number of
components and degrees of freedom, and the posterior's probabilities in the Dice, so that a
posterior which knows nothing (0.5) does not agree by chance.
"""

import math

import numpy as np
from scipy import ndimage

from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.judges.student_mixture import StudentMixture
from HermesLib.metrics.guarantee import Guarantee

#: Half the band's width, as a share of the radius of a disc of the mask's area; at least in pixels.
_REACH, _LEAST_REACH = 0.6, 3.0
#: The longest side of the window that is looked at, pixels; larger ones are made smaller.
_SIDE = 96
#: Distance of the bumps, as a share of half the band's width, and their deviation in distances.
_SPACING, _BUMP = 0.8, 0.8
#: Fewer pixels inside or outside have no distribution.
_FEWEST = 8
_ROUNDS = 15
#: What one pixel can say: log odds are clipped to this, as neighbouring pixels are no independent
#: witnesses.
_MOST = 3.0


class Intensity:
    """Dice of mask and the posterior of a Bayesian model of brightness and smoothness."""

    name = "intensity"
    sha256 = ""
    needs_model = False
    score = "judged"
    guarantee: Guarantee | None = None

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        images = judged.images[:, 0].cpu().numpy()
        masks = judged.masks.cpu().numpy()
        return [_estimate(image, mask) for image, mask in zip(images, masks, strict=True)]


def _estimate(image: np.ndarray, mask: np.ndarray) -> Estimate:
    reach = max(_LEAST_REACH, _REACH * math.sqrt(mask.sum() / math.pi))
    window = _window(mask, math.ceil(reach) + 2)
    cut_image, cut_mask = image[window], mask[window]
    step = max(1, math.ceil(max(cut_mask.shape) / _SIDE))
    small_image = ndimage.uniform_filter(cut_image, step)[::step, ::step]
    small_mask = cut_mask[::step, ::step]
    posterior = posterior_of(small_image, small_mask, reach / step)
    if posterior is None:
        return Estimate.without_range(0.0)
    overlap = 2 * posterior[small_mask].sum() / (posterior.sum() + small_mask.sum())
    whole = np.zeros(mask.shape, bool)
    enlarged = np.repeat(np.repeat(posterior > 0.5, step, 0), step, 1)
    whole[window] = enlarged[: cut_mask.shape[0], : cut_mask.shape[1]]
    return Estimate.without_range(float(overlap), whole if whole.any() else None)


def posterior_of(image: np.ndarray, mask: np.ndarray, reach: float) -> np.ndarray | None:
    """Probability (H, W) of the organ; the mask itself farther than ``reach`` from its outline.

    Args:
        image: (H, W) float in 0..1.
        mask: (H, W) bool.
        reach: half the band's width, pixels.

    Returns:
        None where there is too little inside or outside the mask to compare.
    """
    distance = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    band = np.abs(distance) <= reach
    inside, outside = image[band & mask], image[band & ~mask]
    if min(len(inside), len(outside)) < _FEWEST:
        return None
    brightness = image[band]
    ratio = StudentMixture.fit(inside).log_density(brightness)
    ratio -= StudentMixture.fit(outside).log_density(brightness)
    posterior = mask.astype(float)
    posterior[band] = _smoothed(ratio.clip(-_MOST, _MOST), _bumps(band, reach))
    return posterior


def _smoothed(ratio: np.ndarray, bumps: np.ndarray) -> np.ndarray:
    """Posterior (N,) from log odds by brightness (N,) and the values (N, M) of the bumps."""
    weights = np.zeros(bumps.shape[1])
    precision = 1.0
    bound = np.ones(len(ratio))
    posterior = _sigmoid(ratio)
    for _ in range(_ROUNDS):
        curvature = np.tanh(bound / 2) / (4 * bound)
        inverse = 2 * (bumps.T * curvature) @ bumps
        inverse[np.diag_indices_from(inverse)] += precision
        covariance = np.linalg.inv(inverse)
        weights = covariance @ (bumps.T @ (posterior - 0.5))
        field = bumps @ weights
        variance = np.einsum("nm,nm->n", bumps @ covariance, bumps)
        bound = np.sqrt(np.maximum(variance + field**2, 1e-6))
        precision = len(weights) / (weights @ weights + np.trace(covariance))
        posterior = _sigmoid(ratio + field)
    return posterior


def _bumps(band: np.ndarray, reach: float) -> np.ndarray:
    """Gaussian bumps (M) on a lattice over a band (H, W), at its N pixels: (N, M)."""
    spacing = max(2.0, _SPACING * reach)
    pixels = np.argwhere(band)
    lattice = [np.arange(spacing / 2, side + spacing / 2, spacing) for side in band.shape]
    centres = np.stack(np.meshgrid(*lattice, indexing="ij"), -1).reshape(-1, 2)
    squared = ((pixels[:, None] - centres[None]) ** 2).sum(-1) / (_BUMP * spacing) ** 2
    # Bumps beyond the band's reach say nothing.
    return np.exp(-0.5 * squared[:, squared.min(0) < 4])


def _window(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def build(options: JudgeOptions) -> Intensity:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`."""
    return Intensity()
