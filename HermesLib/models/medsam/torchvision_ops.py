"""segment-anything imports torchvision, whose index wheel does not always fit the PyTorch beside it.

Next to a CPU build of PyTorch the wheel's compiled operators do not load, and its Python part then stops at import with "operator
torchvision::nms does not exist": it registers shapes for operators that nobody defined. Declaring the two operators first lets the
import pass. Nothing of SAM calls them; calling them would still fail, as it should. Where torchvision imports, nothing is done.
"""

import functools
import sys

import torch


@functools.cache
def ensure_torchvision_imports() -> None:
    """Make ``import torchvision`` succeed where only its compiled operators are missing; call before importing segment-anything."""
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        torch.library.define(
            "torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        )
        torch.library.define(
            "torchvision::qnms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        )
        import torchvision  # noqa: F401
