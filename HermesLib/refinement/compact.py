"""Probabilities as events carry them."""

import numpy as np
import torch


def compact_probability(probability: torch.Tensor) -> np.ndarray:
    """A probability as float16 of the same shape, rounded so that ``> 0.5`` gives the same mask as before."""
    exact = probability.detach().cpu().numpy()
    above = np.nextafter(np.float16(0.5), np.float16(1))
    rounded = exact.astype(np.float16)
    return np.where(exact > 0.5, np.maximum(rounded, above), np.minimum(rounded, np.float16(0.5)))
