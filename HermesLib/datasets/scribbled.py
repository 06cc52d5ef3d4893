"""Reader of MedScribble: ``.npz`` slices with ``image``, ``label`` and people's ``scribbles``."""

from pathlib import Path

import numpy as np

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.errors import HermesError


def read_scribbled(folder: Path) -> list[LabelledSlice]:
    """One labelled slice a file.

    A file's name begins with its task, e.g. ``CAMUS``, which is also the object's name.
    """
    slices = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            image = stored["image"].astype(np.float32)
            label = stored["label"].astype(np.uint8)
        task = path.name.split("__")[0]
        small, small_label = shrink(image, label)
        names = ("background", task)
        patient = f"medscribble-{path.stem}"
        slices.append(LabelledSlice(small, small_label, names, patient, "medscribble"))
    if not slices:
        raise HermesError(f"no .npz slices in {folder}")
    return slices
