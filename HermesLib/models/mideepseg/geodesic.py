"""Geodesic distances and graph cuts on small images, on top of SciPy's graph routines."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

#: Capacities of SciPy's maximum flow are integers: costs are scaled by _SCALE and clipped at
#: _LARGEST, so that no sum over a pixel's edges overflows 32 bits.
_SCALE = 10_000
_LARGEST = 2_000_000_000 // 8
#: Cost of labelling a clicked pixel against its click.
_FIXED = 1e5


def _neighbour_pairs(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of all horizontally and vertically adjacent pixels."""
    index = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    first = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    second = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    return first, second


def geodesic_distance(image: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Geodesic distance (H, W) of each pixel to the nearest seed.

    A step to a neighbour costs the change of intensity (GeodisTK's distance with lambda 1).

    Args:
        image: (H, W).
        seeds: (H, W) bool, at least one pixel.
    """
    first, second = _neighbour_pairs(image.shape)
    flat = image.astype(np.float64).ravel()
    # SciPy takes an edge of cost 0 for a missing edge.
    cost = np.abs(flat[first] - flat[second]) + 1e-6
    graph = sparse.coo_array((cost, (first, second)), shape=(flat.size, flat.size)).tocsr()
    sources = np.flatnonzero(seeds)
    distance = csgraph.dijkstra(graph, directed=False, indices=sources, min_only=True)
    return distance.reshape(image.shape).astype(np.float32)


def graph_cut(
    image: np.ndarray,
    foreground: np.ndarray,
    weight: float = 5.0,
    sigma: float = 0.1,
    positive: np.ndarray | None = None,
    negative: np.ndarray | None = None,
) -> np.ndarray:
    """Binary labelling (H, W) of least energy (Boykov and Jolly 2001).

    The unary terms are -log of ``foreground`` and of its complement, the pairwise terms
    ``weight * exp(-difference^2 / (2 sigma^2))`` over the four neighbours.

    Args:
        image: (H, W) intensities.
        foreground: (H, W) probability.
        weight, sigma: of the pairwise terms.
        positive, negative: (H, W) bool, pixels with a fixed label.
    """
    first, second = _neighbour_pairs(image.shape)
    pixels = image.size
    flat = image.astype(np.float64).ravel()
    pairwise = weight * np.exp(-((flat[first] - flat[second]) ** 2) / (2 * sigma**2))
    probability = foreground.astype(np.float64).ravel().clip(1e-6, 1 - 1e-6)
    if_background, if_foreground = -np.log(1 - probability), -np.log(probability)
    if positive is not None:
        if_background = np.where(positive.ravel(), _FIXED, if_background)
        if_foreground = np.where(positive.ravel(), 0, if_foreground)
    if negative is not None:
        if_foreground = np.where(negative.ravel(), _FIXED, if_foreground)
        if_background = np.where(negative.ravel(), 0, if_background)
    source, sink = pixels, pixels + 1
    indices = np.arange(pixels, dtype=np.int32)
    # Labelling a pixel background cuts its edge from the source; hence that edge's capacity is the
    # cost of background.
    tails = np.concatenate([first, second, np.full(pixels, source), indices])
    heads = np.concatenate([second, first, indices, np.full(pixels, sink)])
    costs = np.concatenate([pairwise, pairwise, if_background, if_foreground])
    capacity = np.minimum(np.rint(costs * _SCALE), _LARGEST).astype(np.int32)
    graph = sparse.coo_array((capacity, (tails, heads)), shape=(pixels + 2, pixels + 2)).tocsr()
    flow = csgraph.maximum_flow(graph, source, sink).flow
    residual = graph - flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = csgraph.breadth_first_order(residual, source, return_predecessors=False)
    label = np.zeros(pixels + 2, bool)
    label[reached] = True
    return label[:pixels].reshape(image.shape)
