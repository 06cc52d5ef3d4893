"""Geodesic distances and graph cuts on small images, on top of SciPy's graph routines."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

#: Capacities of SciPy's maximum flow are integers; costs are scaled by this and cut at _ENOUGH.
_SCALE = 10_000
_ENOUGH = 2_000_000_000 // 8


def _neighbour_pairs(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of all horizontally and vertically adjacent pixels."""
    index = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    first = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    second = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    return first, second


def geodesic_distance(image: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Distance (H, W) of each pixel to the nearest seed, where a step costs its change of intensity (GeodisTK's, lambda 1).

    ``seeds`` (H, W) bool must hold at least one pixel.
    """
    first, second = _neighbour_pairs(image.shape)
    flat = image.astype(np.float64).ravel()
    # A step of no cost at all would be no edge to SciPy.
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
    """Binary labelling (H, W) of least energy (Boykov 2001).

    Unary: -log of ``foreground`` (H, W, probability) and of its complement. Pairwise over the four neighbours:
    weight * exp(-difference^2 / (2 sigma^2)). Pixels under ``positive`` and ``negative`` (bool) are fixed.
    """
    first, second = _neighbour_pairs(image.shape)
    pixels = image.size
    flat = image.astype(np.float64).ravel()
    pairwise = weight * np.exp(-((flat[first] - flat[second]) ** 2) / (2 * sigma**2))
    probability = foreground.astype(np.float64).ravel().clip(1e-6, 1 - 1e-6)
    if_background, if_foreground = -np.log(1 - probability), -np.log(probability)
    fixed = 1e5
    if positive is not None:
        if_background = np.where(positive.ravel(), fixed, if_background)
        if_foreground = np.where(positive.ravel(), 0, if_foreground)
    if negative is not None:
        if_foreground = np.where(negative.ravel(), fixed, if_foreground)
        if_background = np.where(negative.ravel(), 0, if_background)
    source, sink = pixels, pixels + 1
    every = np.arange(pixels, dtype=np.int32)
    # Labelling a pixel background cuts its edge from the source, whose capacity is hence the cost of background.
    tails = np.concatenate([first, second, np.full(pixels, source), every])
    heads = np.concatenate([second, first, every, np.full(pixels, sink)])
    costs = np.concatenate([pairwise, pairwise, if_background, if_foreground])
    capacity = np.minimum(np.rint(costs * _SCALE), _ENOUGH).astype(np.int32)
    graph = sparse.coo_array((capacity, (tails, heads)), shape=(pixels + 2, pixels + 2)).tocsr()
    flow = csgraph.maximum_flow(graph, source, sink).flow
    residual = graph - flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = csgraph.breadth_first_order(residual, source, return_predecessors=False)
    label = np.zeros(pixels + 2, bool)
    label[reached] = True
    return label[:pixels].reshape(image.shape)
