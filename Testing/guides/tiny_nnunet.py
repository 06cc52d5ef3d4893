"""A tiny nnU-Net v2 model: its folder as nnU-Net's training leaves it, the network trained here."""

import json
from copy import deepcopy
from pathlib import Path

import numpy as np

RESAMPLING = {
    "data": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
    "seg": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
    "probabilities": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
}
CONFIGURATION = {
    "data_identifier": "nnUNetPlans_3d_fullres",
    "preprocessor_name": "DefaultPreprocessor",
    "batch_size": 2,
    "patch_size": [8, 16, 16],
    "median_image_size_in_voxels": [6.0, 24.0, 20.0],
    "spacing": [3.0, 0.9, 0.8],
    "normalization_schemes": ["ZScoreNormalization"],
    "use_mask_for_norm": [False],
    "batch_dice": False,
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 2,
            "features_per_stage": [4, 8],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
            "strides": [[1, 1, 1], [2, 2, 2]],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    },
    **{f"resampling_fn_{kind}": "resample_data_or_seg_to_shape" for kind in RESAMPLING},
    **{f"resampling_fn_{kind}_kwargs": kwargs for kind, kwargs in RESAMPLING.items()},
}
PLANS = {
    "dataset_name": "Dataset001_Bright",
    "plans_name": "nnUNetPlans",
    "original_median_spacing_after_transp": [3.0, 0.9, 0.8],
    "original_median_shape_after_transp": [6, 24, 20],
    "image_reader_writer": "SimpleITKIO",
    "transpose_forward": [0, 1, 2],
    "transpose_backward": [0, 1, 2],
    "configurations": {"3d_fullres": CONFIGURATION},
    "experiment_planner_used": "ExperimentPlanner",
    "label_manager": "LabelManager",
    "foreground_intensity_properties_per_channel": {
        "0": dict.fromkeys(
            ("max", "mean", "median", "min", "percentile_00_5", "percentile_99_5", "std"), 1.0
        )
    },
}
DATASET = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "liver": 1},
    "numTraining": 1,
    "file_ending": ".nii.gz",
}


def write_folder(
    folder: Path, labels: dict | None = None, folds=("0",), spacing=None, patch=None, **dataset
) -> Path:
    """A model folder with empty checkpoints; spacing and patch are of slices, rows and columns."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {**DATASET, **dataset, "labels": labels or DATASET["labels"]}
    (folder / "dataset.json").write_text(json.dumps(content))
    plans = deepcopy(PLANS)
    for key, value in (("spacing", spacing), ("patch_size", patch)):
        if value is not None:
            plans["configurations"]["3d_fullres"][key] = value
    (folder / "plans.json").write_text(json.dumps(plans))
    for fold in folds:
        (folder / f"fold_{fold}").mkdir()
        (folder / f"fold_{fold}" / "checkpoint_final.pth").write_bytes(b"weights")
    return folder


def train_folder(
    folder: Path,
    image: np.ndarray,
    organ: np.ndarray,
    labels: dict | None = None,
    spacing=None,
    trainer: str = "nnUNetTrainer",
    steps: int = 60,
) -> Path:
    """A model folder whose network has learnt one image and the labels of its voxels."""
    import torch
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    # In a patch within the organ, instance normalisation would hide how bright it is.
    write_folder(folder, labels, spacing=spacing, patch=list(image.shape))
    plans = PlansManager(PLANS)
    torch.manual_seed(0)
    outputs = len(labels or DATASET["labels"])
    network = nnUNetTrainer.build_network_architecture(
        plans, plans.get_configuration("3d_fullres"), 1, outputs, enable_deep_supervision=False
    )
    values = torch.from_numpy(((image - image.mean()) / image.std()).astype(np.float32))[None, None]
    truth = torch.from_numpy(organ.astype(np.int64))[None]
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(values), truth).backward()
        optimiser.step()
    checkpoint = {
        "network_weights": network.state_dict(),
        "trainer_name": trainer,
        "init_args": {"configuration": "3d_fullres"},
        "inference_allowed_mirroring_axes": (1, 2),
    }
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
    return folder
