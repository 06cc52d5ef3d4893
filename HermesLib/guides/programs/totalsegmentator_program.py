"""TotalSegmentator: the organ's mask by its documented Python API."""

from __future__ import annotations

from typing import Any

import numpy as np


def segment(request: dict[str, Any]) -> dict[str, str]:
    """Write the mask of the structures that make up the organ."""
    import nibabel
    from answering import IMAGE, MAP, device_name, version_of
    from organ_names import organ_names
    from totalsegmentator.map_to_binary import class_map
    from totalsegmentator.python_api import totalsegmentator

    task = request["task"]
    values = {name: value for value, name in class_map[task].items()}
    found = organ_names(request["organ"], values)
    if not found:
        raise ValueError(f"its task '{task}' has no structure '{request['organ']}'")
    device = "gpu" if device_name(request) == "cuda" else "cpu"
    labels = totalsegmentator(
        nibabel.load(str(IMAGE)), None, ml=True, task=task, roi_subset=found, device=device
    )
    mask = np.isin(np.asarray(labels.dataobj), [values[name] for name in found])
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), labels.affine), str(MAP))
    return {"version": f"{version_of('TotalSegmentator')}, task {task}"}


if __name__ == "__main__":
    from answering import answer_request

    answer_request(segment)
