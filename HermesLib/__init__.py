"""HERMES: quality control that steers promptable segmentation.

>>> import HermesLib
>>> HermesLib.refine  # doctest: +ELLIPSIS
<function refine at ...>

:func:`refine` segments an image, :func:`assess` judges a segmentation. The names below are loaded
when they are first used: importing the package loads neither PyTorch nor NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from HermesLib.api import RefinementResult, assess, refine
    from HermesLib.io.volumes import read_volume
    from HermesLib.models.registry import load_model
    from HermesLib.presets.registry import load_preset
    from HermesLib.prompts.boxes import Box
    from HermesLib.prompts.clicks import Clicks
    from HermesLib.prompts.scribbles import Scribbles
    from HermesLib.quality.registry import load_quality
    from HermesLib.refinement.refiner import Refiner
    from HermesLib.refinement.settings import RefinementSettings

__version__ = "0.1.0"

#: Where each public name is defined.
_MODULES = {
    "Box": "HermesLib.prompts.boxes",
    "Clicks": "HermesLib.prompts.clicks",
    "RefinementResult": "HermesLib.api",
    "RefinementSettings": "HermesLib.refinement.settings",
    "Refiner": "HermesLib.refinement.refiner",
    "Scribbles": "HermesLib.prompts.scribbles",
    "assess": "HermesLib.api",
    "load_model": "HermesLib.models.registry",
    "load_preset": "HermesLib.presets.registry",
    "load_quality": "HermesLib.quality.registry",
    "read_volume": "HermesLib.io.volumes",
    "refine": "HermesLib.api",
}

__all__ = [
    "Box",
    "Clicks",
    "RefinementResult",
    "RefinementSettings",
    "Refiner",
    "Scribbles",
    "__version__",
    "assess",
    "load_model",
    "load_preset",
    "load_quality",
    "read_volume",
    "refine",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'HermesLib' has no attribute '{name}'")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
