"""Reader of MedScribble: slices of many tasks as ``.npz`` with ``image``, ``label`` and people's ``scribbles``."""

from pathlib import Path

import numpy as np

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.errors import HermesError


def read_scribbled(folder: Path) -> list[LabelledSlice]:
    """One labelled slice a file; the file's name begins with the task, which names the object, e.g. ``CAMUS``."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            image, label = stored["image"].astype(np.float32), stored["label"].astype(np.uint8)
        task = path.name.split("__")[0]
        small, small_label = shrink(image, label)
        found.append(
            LabelledSlice(
                small, small_label, ("background", task), f"medscribble-{path.stem}", "medscribble"
            )
        )
    if not found:
        raise HermesError(f"no .npz slices in {folder}")
    return found
