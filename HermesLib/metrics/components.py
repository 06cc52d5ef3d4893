"""Connected components of masks."""

import numpy as np
import torch
from scipy import ndimage


def label_components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label the connected components of a mask (H, W, bool); pixels are connected by their edges.

    Returns:
        Labels (H, W), 0 for the background and 1..N for the components, and the number of pixels of
        each component (N,), that of component 1 first.

    >>> labels, sizes = label_components(np.array([[True, True, False, True]]))
    >>> labels.tolist(), sizes.tolist()
    ([[1, 1, 0, 2]], [2, 1])
    """
    labels, count = ndimage.label(mask)
    return labels, np.bincount(labels.ravel(), minlength=count + 1)[1:]


def largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest connected component (ties: first) of a mask (H, W, bool), which may be empty."""
    labels, sizes = label_components(mask)
    return labels == 1 + int(np.argmax(sizes)) if len(sizes) else np.zeros_like(mask)


def without_small_components(probability: torch.Tensor, share: float) -> torch.Tensor:
    """Probabilities (B, H, W) with the small components of ``probability > 0.5`` set to 0.

    A component is small if its size is below ``share`` of the largest one's. Such components are
    decoder artefacts, which would inflate a bounding box.
    """
    cleaned = probability.cpu().numpy().copy()
    for image in cleaned:
        labels, sizes = label_components(image > 0.5)
        if len(sizes) > 1:
            small = np.concatenate([[False], sizes < share * sizes.max()])
            image[small[labels]] = 0.0
    return torch.from_numpy(cleaned).to(probability.device)
