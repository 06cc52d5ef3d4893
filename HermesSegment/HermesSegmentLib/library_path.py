"""Where HermesLib is: beside the module when installed, one folder up in a checkout."""

import sys
from pathlib import Path

_MODULE = Path(__file__).resolve().parents[1]


def library_home() -> Path:
    """The folder that holds HermesLib.

    Raises:
        RuntimeError: the extension is incomplete.
    """
    for home in (_MODULE, _MODULE.parent):
        if (home / "HermesLib" / "__init__.py").is_file():
            return home
    raise RuntimeError(
        f"HermesLib is neither in {_MODULE} nor beside it; install the extension again"
    )


def make_importable() -> None:
    """Let ``import HermesLib`` find the library. Imports nothing."""
    home = str(library_home())
    if home not in sys.path:
        sys.path.append(home)
