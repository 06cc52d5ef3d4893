"""``slicer.dicomDatabase``: ctkDICOMDatabase, as far as the module and Slicer's exporter call it.

The rules are those of ``Libs/DICOM/Core/ctkDICOMDatabase.cpp``; ``slicer_module/test_standins.py``
holds names and types against its header. A file is copied into the database unless it is only
linked; tags that were read once are known without the file; what is missing is empty text.
"""

import shutil
import tempfile
from pathlib import Path


def _texts(*values: object) -> None:
    """PythonQt turns nothing but text into text."""
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"called with wrong argument types: {type(value).__name__}")


class DicomDatabase:
    """A database in a folder of its own."""

    def __init__(self) -> None:
        self._open = True
        self._folder = Path(tempfile.mkdtemp(prefix="Slicer-DICOM-"))
        self._files: dict[str, str] = {}
        self._tags: dict[tuple[str, str], str] = {}

    @property
    def isOpen(self) -> bool:
        """Whether a database is open; Python cannot set it."""
        return self._open

    @property
    def databaseDirectory(self) -> str:
        """Where the database keeps its files."""
        return str(self._folder) if self._open else ""

    def closeDatabase(self) -> None:
        """Close it: it answers nothing more."""
        self._open = False

    def openDatabase(self, databaseFile: str) -> bool:
        """Open it again."""
        _texts(databaseFile)
        self._open = True
        return True

    def initializeDatabase(self) -> bool:
        """Forget all files."""
        self._files.clear()
        self._tags.clear()
        return True

    def insert(self, filePath: str, storeFile: bool = True, generateThumbnail: bool = True) -> None:
        """Add a file, by default as a copy; an instance that is known and up to date stays."""
        import pydicom

        _texts(filePath)
        if not self._open or not Path(filePath).is_file():
            return
        header = pydicom.dcmread(filePath, stop_before_pixels=True)
        uid = str(header.SOPInstanceUID)
        if uid in self._files:
            return
        stored = Path(filePath)
        if storeFile:
            stored = self._folder / str(header.SeriesInstanceUID) / uid
            stored.parent.mkdir(exist_ok=True)
            shutil.copyfile(filePath, stored)
        self._files[uid] = str(stored)

    def fileForInstance(self, sopInstanceUID: str) -> str:
        """The file of an instance, there or not; empty for one that is not in the database."""
        _texts(sopInstanceUID)
        return self._files.get(sopInstanceUID, "") if self._open else ""

    def instanceForFile(self, fileName: str) -> str:
        """The instance in a file of the database; empty for another file."""
        _texts(fileName)
        known = (uid for uid, path in self._files.items() if path == fileName)
        return next(known, "") if self._open else ""

    def fileValue(self, fileName: str, tag: str) -> str:
        """A tag such as ``0020,0011`` of a file, in the database or not, as text."""
        _texts(fileName, tag)
        uid = self.instanceForFile(fileName)
        return self.instanceValue(uid, tag) if uid else self._read(fileName, tag.upper())

    def instanceValue(self, sopInstanceUID: str, tag: str) -> str:
        """A tag of an instance in the database, as text."""
        _texts(sopInstanceUID, tag)
        key, path = (sopInstanceUID, tag.upper()), self.fileForInstance(sopInstanceUID)
        if path and key not in self._tags and Path(path).is_file():
            self._tags[key] = self._read(path, key[1])
        return self._tags.get(key, "") if path else ""

    def _read(self, path: str, tag: str) -> str:
        import pydicom

        parts = tag.split(",")
        if not Path(path).is_file() or len(parts) != 2:
            return ""
        found = pydicom.dcmread(path, stop_before_pixels=True).get(
            (int(parts[0], 16), int(parts[1], 16))
        )
        if found is None or found.value is None:
            return ""
        return "\\".join(map(str, found.value)) if found.VM > 1 else str(found.value)
