"""What a guide is drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from HermesLib.io.mask_values import Labels
from HermesLib.io.volumes import Volume

#: How long a guide's program may take, seconds. A large nnU-Net on two cores takes an hour.
TIME_LIMIT = 4 * 3600.0


class GuideCancelled(Exception):  # noqa: N818 - nothing went wrong
    """The run was cancelled while a guide's program was at work; the program is ended."""


class Organ(Protocol):
    """A preset, or an organ without a QC core."""

    @property
    def name(self) -> str:
        """The preset's."""
        ...

    @property
    def organ_label(self) -> str:
        """The organ's name in the label tables of data sets."""
        ...

    @property
    def modality(self) -> str:
        """``MR`` or ``CT``."""
        ...


@dataclass(frozen=True, eq=False)
class GuideRequest:
    """What a guide is drawn from.

    Attributes:
        volume: the image.
        organ: what to find.
        path: the file or folder after the guide's name; None if there is none.
        labels: the organ's values among several.
        python: the interpreter that has the guide's program; None for this one.
        device: ``auto``, ``cpu`` or ``cuda``.
        time_limit: of the program, seconds.
        is_cancelled: asked several times a second while a program runs.
        progress: is given the program's latest line, at least every few seconds.
    """

    volume: Volume
    organ: Organ
    path: Path | None = None
    labels: Labels = None
    python: Path | None = None
    device: str = "auto"
    time_limit: float = TIME_LIMIT
    is_cancelled: Callable[[], bool] = lambda: False
    progress: Callable[[str], None] = lambda line: None
