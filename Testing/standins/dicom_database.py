"""``slicer.dicomDatabase``: which file holds an instance, and its tags."""

from pathlib import Path


class DicomDatabase:
    """The invokable methods of ctkDICOMDatabase that the module and Slicer's exporter call."""

    def __init__(self) -> None:
        self.isOpen = True
        self._files: dict[str, str] = {}

    def insert(self, path: str) -> None:
        """Add a file."""
        import pydicom

        header = pydicom.dcmread(path, stop_before_pixels=True)
        self._files[str(header.SOPInstanceUID)] = path

    def initializeDatabase(self) -> None:
        """Forget all files."""
        self._files.clear()

    def fileForInstance(self, uid: str) -> str:
        """The file of an instance; empty for one that is not in the database."""
        return self._files.get(uid, "")

    def fileValue(self, path: str, tag: str) -> str:
        """A tag such as ``0020,0011`` of a file, as text; empty where it is missing."""
        import pydicom

        if not path or not Path(path).is_file():
            return ""
        header = pydicom.dcmread(path, stop_before_pixels=True)
        group, element = (int(part, 16) for part in tag.split(","))
        found = header.get((group, element))
        if found is None:
            return ""
        value = found.value
        return "\\".join(map(str, value)) if found.VM > 1 else str(value)

    def instanceValue(self, uid: str, tag: str) -> str:
        """A tag of an instance, as text; empty where it is missing."""
        return self.fileValue(self.fileForInstance(uid), tag)
