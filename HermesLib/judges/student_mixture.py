"""A mixture of Student's t-distributions of numbers, fitted by expectation maximisation.

Heavier tails than normal distributions: a few odd pixels do not move it (Peel and McLachlan 2000).
"""

import math
from dataclasses import dataclass

import numpy as np

_COMPONENTS = 3
#: Fixed: heavy tails, a finite variance.
_FREEDOM = 4.0
_ROUNDS = 25
#: The least scale of a component: brightness is known to no more.
_LEAST_SCALE = 0.01
_CONSTANT = (
    math.lgamma((_FREEDOM + 1) / 2) - math.lgamma(_FREEDOM / 2) - 0.5 * math.log(_FREEDOM * math.pi)
)


@dataclass(frozen=True, eq=False)
class StudentMixture:
    """Components (C,) of a mixture.

    Attributes:
        shares: sum up to 1.
        places, scales: of the components.
    """

    shares: np.ndarray
    places: np.ndarray
    scales: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> "StudentMixture":
        """Of values (N,), N > 0; nothing is random."""
        quantiles = (np.arange(_COMPONENTS) + 0.5) / _COMPONENTS
        spread = max(float(values.std()) / _COMPONENTS, _LEAST_SCALE)
        mixture = cls(
            np.full(_COMPONENTS, 1 / _COMPONENTS),
            np.quantile(values, quantiles),
            np.full(_COMPONENTS, spread),
        )
        for _ in range(_ROUNDS):
            mixture = mixture._improved(values)
        return mixture

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """At values (N,)."""
        parts = self._log_parts(values)
        most = parts.max(1, keepdims=True)
        return (most + np.log(np.exp(parts - most).sum(1, keepdims=True)))[:, 0]

    def _log_parts(self, values: np.ndarray) -> np.ndarray:
        squared = ((values[:, None] - self.places) / self.scales) ** 2
        tails = -(_FREEDOM + 1) / 2 * np.log1p(squared / _FREEDOM)
        return np.log(self.shares) + _CONSTANT - np.log(self.scales) + tails

    def _improved(self, values: np.ndarray) -> "StudentMixture":
        parts = self._log_parts(values)
        belongs = np.exp(parts - self.log_density(values)[:, None])
        squared = ((values[:, None] - self.places) / self.scales) ** 2
        weighed = belongs * (_FREEDOM + 1) / (_FREEDOM + squared)
        # One pixel each belongs to every component beforehand, so that none is left empty.
        total = belongs.sum(0) + 1
        places = (weighed * values[:, None]).sum(0) / np.maximum(weighed.sum(0), 1e-9)
        spread = (weighed * (values[:, None] - places) ** 2).sum(0) / total
        scales = np.maximum(np.sqrt(spread), _LEAST_SCALE)
        return StudentMixture(total / total.sum(), places, scales)
