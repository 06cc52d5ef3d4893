"""A torchvision that does not import is named; the weights are not blamed."""

import sys

import pytest
import torch

from HermesLib.errors import ComputerError
from HermesLib.models.registry import load_model
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports


def test_a_torchvision_that_does_not_import_is_named(monkeypatch: pytest.MonkeyPatch):
    ensure_torchvision_imports.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torchvision", None)
        with pytest.raises(ComputerError, match="torchvision does not import here"):
            load_model("medsam", "bundled", torch.device("cpu"))
    ensure_torchvision_imports()
