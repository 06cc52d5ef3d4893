"""The precision that a promptable model computes in, for requests that are read without PyTorch."""

from typing import Literal

#: ``full`` is float32. The quality control computes in full precision always.
Precision = Literal["full", "half"]
