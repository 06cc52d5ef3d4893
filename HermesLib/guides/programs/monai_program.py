"""A MONAI bundle: its own inference, up to where it would write its prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def segment(request: dict[str, Any]) -> dict[str, str]:
    """Write the probability of the requested labels, or their mask where there is none."""
    import torch
    from answering import IMAGE, device_name

    device = torch.device(device_name(request))
    # Tensors only: a checkpoint may hold code, which is not run.
    weights = torch.load(request["weights"], map_location=device, weights_only=True)
    for key in ("model", "state_dict"):
        weights = weights.get(key, weights)
    import monai

    parser = _parser(request, device)
    network = parser.get_parsed_content("network_def").to(device).eval()
    network.load_state_dict(weights)
    data = parser.get_parsed_content("preprocessing")({"image": str(IMAGE.resolve())})
    inferer = parser.get_parsed_content("inferer")
    with torch.inference_mode():
        prediction = inferer(data["image"][None].to(device), network)[0].float().cpu()
    data["pred"] = _with_place(prediction, data["image"])
    _write(*_finished(parser.get_parsed_content("postprocessing"), data), request["labels"])
    return {"version": f"MONAI {monai.__version__}"}


def _parser(request: dict[str, Any], device: Any) -> Any:
    import sys

    from monai.bundle import ConfigParser

    sys.path.insert(0, request["bundle"])  # Bundles may bring modules of their own.
    parser = ConfigParser()
    parser.read_config(request["config"])
    parser.read_meta(request["metadata"])
    parser["bundle_root"] = request["bundle"]
    parser["device"] = f"$torch.device('{device.type}')"
    parser["output_dir"] = str(Path.cwd())
    return parser


def _with_place(prediction: Any, image: Any) -> Any:
    """The prediction with the place of its voxels and how they came to be."""
    from monai.data import MetaTensor

    if isinstance(prediction, MetaTensor) and prediction.applied_operations:
        return prediction
    return MetaTensor(prediction, meta=image.meta, applied_operations=image.applied_operations)


def _finished(postprocessing: Any, data: dict[str, Any]) -> tuple[Any, str]:
    """The prediction (C, x, y, z), and ``sum`` or ``max`` of probabilities, or ``labels``.

    There are probabilities where an activation makes them, and nothing but rounding follows once
    they are on the image's own grid.
    """
    from monai.transforms import Activationsd, AsDiscreted, Invertd, SaveImaged

    steps = [step for step in postprocessing.transforms if not isinstance(step, SaveImaged)]
    rounding = [place for place, step in enumerate(steps) if isinstance(step, AsDiscreted)]
    activations = [step for step in steps if isinstance(step, Activationsd)]
    before = steps[: rounding[0]] if rounding else steps
    last = not rounding or rounding[0] == len(steps) - 1
    placed = any(isinstance(step, Invertd) for step in before)
    if last and placed and activations and activations[0] in before:
        for step in before:
            data = step(data)
        return data["pred"], "sum" if any(activations[0].softmax) else "max"
    for step in steps:
        data = step(data)
    return data["pred"], "labels"


def _write(prediction: Any, kind: str, labels: list[int]) -> None:
    import nibabel
    from answering import MAP

    values = np.asarray(prediction.cpu(), np.float32)
    if kind == "labels" and len(values) == 1:
        organ = np.isin(np.round(values[0]), labels)
    elif len(values) == 1:
        organ = values[0]
    else:
        organ = values[labels].sum(0) if kind == "sum" else values[labels].max(0)
    affine = np.asarray(prediction.affine, np.float64)
    map_image = nibabel.Nifti1Image(np.clip(organ, 0, 1).astype(np.float32), affine)
    nibabel.save(map_image, str(MAP))


if __name__ == "__main__":
    from answering import answer_request

    answer_request(segment)
