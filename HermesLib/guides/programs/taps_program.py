"""TAPS, the prostate in T2-weighted MR: the package's own steps up to the probability.

Preprocessing, network, sliding window and blur are those of ``taps.inference.segment`` (lavlab-taps
1.1.2), which ends with a mask at a probability of 0.55. Here the probability is wanted. The logits
are shifted so that 0.5 means what 0.55 means there, and what is not in the largest part counts as
background, as there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def segment(request: dict[str, Any]) -> dict[str, str]:
    """Write the probability of the prostate."""
    import nibabel
    import torch
    from answering import IMAGE, MAP, device_name, version_of, weights_of
    from monai.inferers import sliding_window_inference
    from monai.transforms import Invertd
    from scipy import ndimage
    from taps import inference

    preprocessing = inference.build_preprocessing()
    data = preprocessing({"image": str(IMAGE)})
    weights = inference.resolve_checkpoint(None)
    network = inference.ONNXPredictor(weights, device_name(request))
    with torch.inference_mode():
        logits = sliding_window_inference(
            data["image"].unsqueeze(0),
            roi_size=inference.ROI_SIZE,
            sw_batch_size=1,
            predictor=network,
            overlap=0.5,
            mode="gaussian",
        )
    data["pred"] = inference.gaussian_blur_logits(logits)[0]
    inverted = Invertd("pred", preprocessing, orig_keys="image", nearest_interp=False)(data)["pred"]
    threshold = inference.DEFAULT_PROBABILITY_THRESHOLD
    shift = math.log(threshold / (1 - threshold))
    probability = torch.sigmoid(inverted[0] - shift).cpu().numpy().astype(np.float32)
    parts, count = ndimage.label(probability > 0.5, np.ones((3, 3, 3)))
    if count > 1:
        largest = 1 + int(np.bincount(parts.ravel())[1:].argmax())
        probability[(parts != 0) & (parts != largest)] = 0
    affine = np.asarray(inverted.meta["affine"])
    nibabel.save(nibabel.Nifti1Image(probability, affine), str(MAP))
    return {"version": f"{version_of('lavlab-taps')}, {weights_of(weights)}"}


if __name__ == "__main__":
    from answering import answer_request

    answer_request(segment)
