"""Geodesic distances and graph cuts of least energy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from HermesLib.models.mideepseg.geodesic import geodesic_distance, graph_cut


def test_a_step_costs_its_change_of_intensity_and_the_cheapest_path_counts():
    image = np.zeros((5, 9))
    image[:, 4] = 1.0
    image[2, 4] = 0.25
    seeds = np.zeros((5, 9), bool)
    seeds[2, 0] = True
    distance = geodesic_distance(image, seeds)
    assert distance[2, 0] == 0
    assert distance[0, 3] == pytest.approx(0, abs=1e-3)
    assert distance[0, 8] == pytest.approx(0.5, abs=1e-3)


@settings(deadline=None, max_examples=15)
@given(
    arrays(np.float64, (2, 4), elements=st.floats(0.02, 0.98)),
    arrays(np.float64, (2, 4), elements=st.floats(0, 1)),
)
def test_no_labelling_has_less_energy_than_the_cut(probability, image):
    def energy(label: np.ndarray) -> float:
        unary = -np.log(np.where(label, probability, 1 - probability)).sum()
        total = unary
        for axis in (0, 1):
            step, change = np.diff(image, axis=axis), np.diff(label.astype(int), axis=axis) != 0
            total += (2.0 * np.exp(-(step**2) / (2 * 0.3**2)) * change).sum()
        return float(total)

    of_cut = energy(graph_cut(image, probability, weight=2.0, sigma=0.3))
    best = min(
        energy(np.array([code >> bit & 1 for bit in range(8)], bool).reshape(2, 4))
        for code in range(256)
    )
    assert of_cut <= best + 1e-2


def test_clicked_pixels_keep_their_label_whatever_the_probability():
    positive, negative = np.zeros((2, 8, 8), bool)
    positive[1, 1], negative[6, 6] = True, True
    cut = graph_cut(
        np.random.default_rng(0).random((8, 8)),
        np.full((8, 8), 0.5),
        positive=positive,
        negative=negative,
    )
    assert cut[1, 1] and not cut[6, 6]
