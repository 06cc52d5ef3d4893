"""A MONAI bundle as a guide: a real one that is made here, run by MONAI itself."""

import json

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.errors import HermesError
from HermesLib.guides.external import PROGRAMS
from HermesLib.guides.programs import monai_program
from HermesLib.io.masks import read_probability
from HermesLib.io.volumes import Volume
from Testing.guides.drawing import BRIGHT, Organ, bright_volume, drawn

LOAD = [
    {"_target_": "LoadImaged", "keys": "image"},
    {"_target_": "EnsureChannelFirstd", "keys": "image"},
    {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
    {"_target_": "Spacingd", "keys": "image", "pixdim": [0.6, 0.6, 3.0], "mode": "bilinear"},
]
SOFTMAX = {"_target_": "Activationsd", "keys": "pred", "softmax": True}
INVERT = {
    "_target_": "Invertd",
    "keys": "pred",
    "transform": "@preprocessing",
    "orig_keys": "image",
    "nearest_interp": False,
}
ROUND = {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}
SAVE = {"_target_": "SaveImaged", "keys": "pred", "output_dir": "@output_dir"}
#: As most bundles of the model zoo, and as those that round before they go back to the image.
PROBABLE = [SOFTMAX, INVERT, ROUND, SAVE]
ROUNDED = [ROUND, INVERT, SAVE]


def write_bundle(folder, postprocessing=PROBABLE, names=("background", "liver"), images=1):
    """A bundle whose network finds what is bright: of three channels, half each."""
    channels = {str(channel): name for channel, name in enumerate(names)}
    metadata = {
        "version": "0.1.0",
        "network_data_format": {
            "inputs": {"image": {"num_channels": images}},
            "outputs": {"pred": {"channel_def": channels}},
        },
    }
    config = {
        "imports": ["$import glob"],
        "bundle_root": ".",
        "output_dir": "$@bundle_root + '/eval'",
        "dataset_dir": "/data",
        "datalist": "$list(sorted(glob.glob(@dataset_dir + '/*.nii.gz')))",
        "device": "$torch.device('cuda:0')",
        "network_def": {
            "_target_": "torch.nn.Conv3d",
            "in_channels": 1,
            "out_channels": len(names),
            "kernel_size": 1,
        },
        "preprocessing": {"_target_": "Compose", "transforms": LOAD},
        "inferer": {
            "_target_": "SlidingWindowInferer",
            "roi_size": [16, 16, 8],
            "sw_batch_size": 4,
            "overlap": 0.25,
        },
        "postprocessing": {"_target_": "Compose", "transforms": postprocessing},
    }
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata))
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    weight, bias = torch.full((len(names), 1, 1, 1, 1), 20.0), torch.full((len(names),), -10.0)
    weight[0] = bias[0] = 0
    torch.save({"weight": weight, "bias": bias}, folder / "models" / "model.pt")
    return folder


@pytest.fixture(scope="module")
def volume() -> Volume:
    return bright_volume()


def overlap(mask: np.ndarray, organ: np.ndarray) -> float:
    return 2 * (mask & organ).sum() / (mask.sum() + organ.sum())


def test_the_probability_of_a_bundle_guides(volume, tmp_path):
    names = ("background", "left kidney", "right kidney")
    bundle = write_bundle(tmp_path / "bundle", names=names)
    guide, notices = drawn(f"monai:{bundle}", volume, Organ("kidneys", "kidneys"))
    assert guide.soft and notices == []
    # Two of three channels: at the border between them and the background 2/3.
    inside = guide.probability[volume.array > BRIGHT + 0.3]
    assert 0.95 < np.median(inside) <= 1
    assert overlap(guide.probability >= 0.5, volume.array > BRIGHT) > 0.9
    assert guide.version.startswith("MONAI ") and "bundle 0.1.0, weights " in guide.version
    assert not (bundle / "eval").exists()


def test_the_mask_of_a_bundle_that_rounds_first_guides(volume, tmp_path, monkeypatch):
    # In this process, which may have loaded MONAI already.
    monkeypatch.syspath_prepend(PROGRAMS)
    monkeypatch.chdir(tmp_path)
    bundle = write_bundle(tmp_path / "bundle", ROUNDED)
    SimpleITK.WriteImage(volume.to_image(volume.array), "image.nii.gz")
    monai_program.segment(
        {
            "device": "cpu",
            "bundle": str(bundle),
            "config": str(bundle / "configs" / "inference.json"),
            "metadata": str(bundle / "configs" / "metadata.json"),
            "weights": str(bundle / "models" / "model.pt"),
            "labels": [1],
        }
    )
    mask, soft = read_probability(tmp_path / "map.nii.gz", volume)
    assert not soft and overlap(mask == 1, volume.array > BRIGHT) > 0.9


class Code:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return print, ("code in the checkpoint has run",)


def test_code_in_a_checkpoint_does_not_run(volume, tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    torch.save({"weight": Code()}, bundle / "models" / "model.pt")
    lines = []
    with pytest.raises(HermesError, match=r"MONAI bundle failed: .*[Ww]eights"):
        drawn(f"monai:{bundle}", volume, progress=lines.append)
    assert not any("has run" in line for line in lines)


def test_a_bundle_that_does_not_fit_is_refused_before_it_runs(volume, tmp_path):
    with pytest.raises(HermesError, match=r"lacks configs/inference\.json"):
        drawn(f"monai:{tmp_path}", volume)
    several = write_bundle(tmp_path / "several", names=("background", "PZ", "TZ"))
    with pytest.raises(HermesError, match=r"1 \(PZ\), 2 \(TZ\).*--guide-labels"):
        drawn(f"monai:{several}", volume)
    with pytest.raises(HermesError, match="needs 4 images"):
        drawn(f"monai:{write_bundle(tmp_path / 'four', images=4)}", volume)
    (several / "models" / "model.pt").unlink()
    with pytest.raises(HermesError, match=r"no models/model\.pt; download its weights"):
        drawn(f"monai:{several}", volume, labels=(1,))
    (several / "configs" / "metadata.json").write_text("{}")
    with pytest.raises(HermesError, match="does not say what its image and prediction are"):
        drawn(f"monai:{several}", volume, labels=(1,))
