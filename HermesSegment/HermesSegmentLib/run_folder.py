"""The folder with the files that the engine reads."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import slicer


class RunFolder:
    """The folder of the latest run; those of earlier runs are removed."""

    def __init__(self) -> None:
        self._folders: list[Path] = []

    def make(self) -> Path:
        """A new folder, in place of those before."""
        self.remove()
        path = Path(tempfile.mkdtemp(prefix="hermes-", dir=slicer.app.temporaryPath))
        self._folders.append(path)
        return path

    def remove(self) -> None:
        """Remove all folders."""
        while self._folders:
            shutil.rmtree(self._folders.pop(), ignore_errors=True)

    def remove_later(self) -> Callable[[], None]:
        """What removes the folders that there are now; others may follow before it is called."""
        folders = self._folders.copy()

        def remove() -> None:
            for path in folders:
                if path in self._folders:
                    self._folders.remove(path)
                    shutil.rmtree(path, ignore_errors=True)

        return remove
