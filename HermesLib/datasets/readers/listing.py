"""What a reader finds in a folder, and what readers share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from HermesLib.datasets.case import Case
from HermesLib.datasets.splits import Part, Split
from HermesLib.errors import HermesError

NIFTI = (".nii.gz", ".nii")


@dataclass(frozen=True)
class Skipped:
    """A file or study that is not read, and why; ``reason`` is for people."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The labelled images of one organ in a data set. Nothing but names and tables was read.

    Attributes:
        name: of the data set, for records and identities.
        modality: ``MR`` or ``CT``; both where the data set has both.
        organs: the names that the data set labels.
        cases: the images with their truth.
        skipped: what is not read, and why.
        notes: what else a user should know.
    """

    name: str
    modality: str
    organs: tuple[str, ...]
    cases: tuple[Case, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def split(self) -> Split | None:
        """The data set's own split; None where it has none."""
        parts: dict[Part, set[str]] = {"train": set(), "validation": set(), "test": set()}
        for case in self.cases:
            if case.part is not None:
                parts[case.part].add(case.identity)
        if not any(parts.values()):
            return None
        return Split.from_plain({part: sorted(names) for part, names in parts.items()})


@dataclass
class Found:
    """Cases and skipped files while a reader collects them."""

    cases: list[Case] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def skip(self, name: str, reason: str) -> None:
        """Note that something is not read."""
        self.skipped.append(Skipped(name, reason))

    def listing(self, name: str, modality: str, organs: Iterable[str]) -> Listing:
        """What was found, in the order of the patients."""
        cases = sorted(
            self.cases,
            key=lambda case: (_natural(case.identity), _natural(case.patient), case.image),
        )
        return Listing(
            name,
            modality,
            tuple(organs),
            tuple(cases),
            tuple(self.skipped),
            tuple(self.notes),
        )


def _natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts ``a-9`` before ``a-10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def require_folder(path: str | Path, what: str) -> Path:
    """A folder that must exist.

    Raises:
        HermesError: it does not.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise HermesError(f"no folder {folder} with {what}")
    return folder


def require_organ(organ: str, organs: Iterable[str], where: str) -> None:
    """Check that a data set labels an organ.

    Raises:
        HermesError: it does not; the message lists what it labels.
    """
    known = list(organs)
    if organ not in known:
        raise HermesError(f"{where} labels {', '.join(known)}, not {organ}")


def is_hidden(path: Path) -> bool:
    """Whether a file is none of the data set's, as the ``._`` files that macOS leaves."""
    return path.name.startswith(".")


def visible(paths: Iterable[Path], found: Found) -> list[Path]:
    """Files sorted by name, without those that macOS leaves, which are noted."""
    kept = []
    hidden = 0
    for path in sorted(paths):
        if is_hidden(path):
            hidden += 1
        else:
            kept.append(path)
    if hidden:
        found.skip(f"{hidden} file{'' if hidden == 1 else 's'} '._*'", "left by macOS, no images")
    return kept


def stem(path: Path) -> str:
    """A file's name without its ending, ``.nii.gz`` as one."""
    name = path.name
    return name[: -len(".nii.gz")] if name.endswith(".nii.gz") else path.stem
