"""Let segment-anything import torchvision where the wheel does not fit the installed PyTorch.

With a CPU build of PyTorch the compiled operators of torchvision's default wheel do not load. Its
Python part then fails at import with "operator torchvision::nms does not exist", because it
registers shapes for undefined operators. Declaring the two operators first lets the import pass.
SAM calls neither; a call would still fail, as it should.
"""

import functools
import sys

import torch

from HermesLib.errors import ComputerError


@functools.cache
def ensure_torchvision_imports() -> None:
    """Make ``import torchvision`` succeed where only its compiled operators are missing.

    Call it before importing segment-anything. It does nothing where torchvision imports.

    Raises:
        ComputerError: torchvision does not import for another reason.
    """
    try:
        _import()
    except (ImportError, RuntimeError, AttributeError, TypeError) as error:
        # Else the weights would be blamed.
        raise ComputerError(
            "torchvision does not import here; install the version that belongs to this PyTorch"
        ) from error


def _import() -> None:
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
