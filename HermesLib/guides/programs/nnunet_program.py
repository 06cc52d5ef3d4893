"""nnU-Net v2: the organ's probability by the predictor that its authors document."""

from __future__ import annotations

import os
from typing import Any

import numpy as np


def segment(request: dict[str, Any]) -> dict[str, str]:
    """Write the summed probability of the requested outputs, by the mean of the folds."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        os.environ.setdefault(name, os.getcwd())  # Old versions complain where they are not set.
    import nnunetv2  # noqa: F401 - first, so that it is the module that is missing
    import SimpleITK
    import torch
    from answering import IMAGE, MAP, device_name, version_of
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    device = torch.device(device_name(request))
    if device.type == "cpu":
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    predictor = nnUNetPredictor(device=device, verbose=False, allow_tqdm=True)
    folds = [int(fold) if fold.isdecimal() else fold for fold in request["folds"]]
    predictor.initialize_from_trained_model_folder(
        request["model"], use_folds=tuple(folds), checkpoint_name=request["checkpoint"]
    )
    reader = predictor.plans_manager.image_reader_writer_class()
    image, properties = reader.read_images([str(IMAGE)])
    _, outputs = predictor.predict_single_npy_array(
        image, properties, save_or_return_probabilities=True
    )
    outputs = np.asarray(outputs, np.float32)
    heads = outputs[request["heads"]]
    # Labels exclude each other, regions overlap.
    regions = predictor.label_manager.has_regions
    probability = np.clip(heads.max(0) if regions else heads.sum(0), 0, 1)
    # The model's own writer knows where its voxels lie, but writes whole numbers only.
    steps = np.round(probability * 65535).astype(np.uint16)
    steps_path = "steps.nii.gz"
    reader.write_seg(steps, steps_path, properties)
    written = SimpleITK.Cast(SimpleITK.ReadImage(steps_path), SimpleITK.sitkFloat32) / 65535
    SimpleITK.WriteImage(written, str(MAP))
    return {"version": version_of("nnunetv2")}


if __name__ == "__main__":
    from answering import answer_request

    answer_request(segment)
