"""A MONAI bundle as a guide: a folder with a network, its weights, and how it infers.

The bundle's own preprocessing, network, inferer and postprocessing are run; what it would write is
taken instead, as a probability where it has one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap
from HermesLib.guides.organ_labels import choose_labels
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest
from HermesLib.io.digest import file_sha256

_CONFIGS = ("inference.json", "inference.yaml", "inference.yml")
_METADATA = Path("configs", "metadata.json")
_WEIGHTS = Path("models", "model.pt")


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    """The organ's probability, or its mask where the bundle gives no probability.

    Raises:
        HermesError: no bundle that infers from one image; outputs of which none is the organ's; see
            also :func:`HermesLib.guides.external.draw_by_program`.
    """
    folder = request.path
    assert folder is not None
    config = _inference_config(folder)
    metadata = _metadata(folder)
    outputs = _outputs(metadata)
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise HermesError(f"the MONAI bundle has no {_WEIGHTS.as_posix()}; download its weights")
    arguments = {
        "bundle": str(folder.resolve()),
        "config": str(config.resolve()),
        "metadata": str((folder / _METADATA).resolve()),
        "weights": str(weights.resolve()),
        "labels": choose_labels(outputs, request.organ.organ_label, request.labels, entry.title),
    }
    version = f"bundle {metadata.get('version', '?')}, weights {file_sha256(weights)[:12]}"
    return draw_by_program(entry, request, arguments, version)


def _inference_config(folder: Path) -> Path:
    for name in _CONFIGS:
        if (folder / "configs" / name).is_file():
            return folder / "configs" / name
    raise HermesError(f"the folder is no MONAI bundle that infers: it lacks configs/{_CONFIGS[0]}")


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        metadata = json.loads((folder / _METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HermesError("metadata.json of the MONAI bundle cannot be read") from error
    if not isinstance(metadata, dict):
        raise HermesError("metadata.json of the MONAI bundle is not a table")
    return metadata


def _outputs(metadata: Mapping[str, Any]) -> dict[int, str]:
    """What each channel of the prediction is, as the bundle's metadata say.

    Raises:
        HermesError: they do not say it, or the bundle takes several images.
    """
    try:
        formats = metadata["network_data_format"]
        images = int(formats["inputs"]["image"].get("num_channels", 1))
        channels = formats["outputs"]["pred"]["channel_def"]
        names = {int(channel): str(name) for channel, name in channels.items()}
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise HermesError(
            "metadata.json of the MONAI bundle does not say what its image and prediction are"
        ) from error
    if images != 1:
        raise HermesError(f"the MONAI bundle needs {images} images; HERMES gives it one")
    return names
