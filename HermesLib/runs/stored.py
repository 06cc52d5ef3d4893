"""The results of a run, read back from their folder: only those that belong together."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.staged_folder import MANIFEST, finish_moves

#: What a run writes. The report lists the checksums of the others and is written last.
RESULT_FILES = ("segmentation.nii.gz", "pgt.nii.gz", "overview.png", "report.csv", MANIFEST)


@dataclass(frozen=True, eq=False)
class StoredRun:
    """Results in a folder, with the checksums that their report lists.

    Attributes:
        folder: holds them.
        report: the content of ``report.json``.
    """

    folder: Path
    report: dict[str, Any]

    @property
    def segmentation(self) -> Path:
        """The file of the segmentation."""
        return self.folder / "segmentation.nii.gz"

    @property
    def pgt(self) -> Path:
        """The file of the pseudo ground truth."""
        return self.folder / "pgt.nii.gz"


def read_stored(folder: Path | str) -> StoredRun:
    """The results in a folder. What a killed run had not moved to its place is moved first.

    Raises:
        HermesError: there are none, a file is missing, or a file is not the one that the report
            belongs to.
    """
    folder = Path(folder)
    finish_moves(folder)
    report = read_report(folder / MANIFEST)
    for name in report.get("files", {}):
        require_listed(folder / name, report)
    return StoredRun(folder, report)


def read_report(path: Path) -> dict[str, Any]:
    """The content of a run's ``report.json``.

    Raises:
        HermesError: no report.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(report["provenance"], dict):
            return report
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise HermesError(f"{path.name} is not the report of a run ({error})") from error
    raise HermesError(f"{path.name} is not the report of a run")


def require_listed(path: Path, report: dict[str, Any]) -> None:
    """Check that a file is the one that a report belongs to, where the report lists its name.

    Raises:
        HermesError: it is missing or another one.
    """
    expected = report.get("files", {}).get(path.name)
    if expected is None:
        return
    if not path.is_file():
        raise HermesError(f"{path.name} is missing beside its report.json; run again")
    if file_sha256(path) != expected:
        raise HermesError(
            f"{path.name} is not the file that the report.json beside it belongs to: it was edited,"
            " or comes from another run; run again, or move one of them"
        )
