"""Model folders for nnInteractive's real server: a seeded nnU-Net, and a network to foresee."""

import json
from pathlib import Path

import torch
from torch import nn

#: Channels after the image: the earlier mask, then positive and negative lassos and boxes, points
#: and scribbles.
_INTERACTIONS = 7


class PromptNetwork(nn.Module):
    """Segments what is prompted positively or was segmented before, and is not prompted negatively.

    The arguments are those that nnU-Net passes.
    """

    def __init__(self, input_channels: int, num_classes: int, deep_supervision: bool = False):
        super().__init__()
        assert (input_channels, num_classes) == (1 + _INTERACTIONS, 2)
        weight = torch.zeros(2, input_channels, 1, 1, 1)
        weight[1, [1, 2, 4, 6], 0, 0, 0] = 10.0
        weight[1, [3, 5, 7], 0, 0, 0] = -50.0
        self.conv = nn.Conv3d(input_channels, 2, 1)
        self.conv.weight.data = weight
        self.conv.bias.data = torch.tensor([0.0, -3.0])

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        return self.conv(volume)


_SEEDED = {
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
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    },
    "_kw_requires_import": ["conv_op", "norm_op", "nonlin"],
}
_FORESEEN = {
    "network_class_name": f"{__name__}.PromptNetwork",
    "arch_kwargs": {},
    "_kw_requires_import": [],
}


def write_model(folder: Path, *, seeded: bool) -> Path:
    """A model folder that nnInteractive's server can serve; needs the package ``nninteractive``."""
    from nnInteractive.trainer.nnInteractiveTrainer import nnInteractiveTrainer_stub
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    architecture = _SEEDED if seeded else _FORESEEN
    configuration = {"patch_size": [16, 96, 96], "batch_size": 2, "architecture": architecture}
    plans = {
        "dataset_name": "Dataset001_Tiny",
        "plans_name": "tiny",
        "label_manager": "LabelManager",
        "configurations": {"3d_fullres": configuration},
    }
    manager = PlansManager(plans)
    torch.manual_seed(0)
    network = nnInteractiveTrainer_stub.build_network_architecture(
        manager, manager.get_configuration("3d_fullres"), 1 + _INTERACTIONS, 2, False
    )
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    dataset = {"channel_names": {"0": "MR"}, "labels": {"background": 0, "organ": 1}}
    (folder / "dataset.json").write_text(json.dumps({**dataset, "file_ending": ".nii.gz"}))
    abilities = {"point_radius": 2, "preferred_scribble_thickness": [1, 2, 3]}
    (folder / "inference_info.json").write_text(json.dumps(abilities))
    (folder / "LICENSE").write_text("CC0 1.0\n")
    torch.save(
        {
            "trainer_name": "nnInteractiveTrainer_stub",
            "init_args": {"configuration": "3d_fullres"},
            "network_weights": network.state_dict(),
        },
        folder / "fold_0" / "checkpoint_final.pth",
    )
    return folder
