"""Reading a file in a test: what is said of it, or the one line that refuses it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from HermesLib.errors import HermesError
from HermesLib.notices import heard_by


def read_and_hear(read: Callable[[Path], Any], path: Path) -> tuple[Any, list[str]]:
    """What is read, and the kinds of the notices."""
    heard = []
    with heard_by(heard.append):
        found = read(path)
    return found, [notice.kind for notice in heard]


def assert_refused(read: Callable[[Path], Any], path: Path, message: str) -> None:
    """Reading ends in one line that the pattern ``message`` matches."""
    with pytest.raises(HermesError, match=message) as said:
        read(path)
    assert "\n" not in str(said.value)
