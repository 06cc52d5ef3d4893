"""What a folder of results is: nothing, one run's files, or a mixture."""

from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.runs.stored import RESULT_FILES, read_stored

NOTHING, MIXED = "nothing", "mixed"


def state(folder: Path) -> str:
    """:data:`NOTHING`, :data:`MIXED`, or the checksum of the segmentation of whole results."""
    if not folder.exists() or not any(folder.iterdir()):
        return NOTHING
    try:
        stored = read_stored(folder)
    except HermesError:
        return MIXED
    if not set(RESULT_FILES) <= {path.name for path in folder.iterdir()}:
        return MIXED
    files: dict[str, str] = stored.report["files"]
    return files["segmentation.nii.gz"]


def leftovers(folder: Path) -> list[str]:
    """Names of what HERMES left behind in a folder and below."""
    return sorted(path.name for path in folder.rglob(".hermes*"))
