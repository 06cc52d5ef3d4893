"""Slices that a run has finished, on disk: they outlive a worker that is killed."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from HermesLib.engine.wire import Frame, read_frames, write_frame
from HermesLib.io.owned_folder import temporary_folder
from HermesLib.refinement.events import Iteration
from HermesLib.runs.serialization import Arrays, from_plain, to_plain


@dataclass(frozen=True)
class FinishedSlices:
    """The iterations of slices, a file each.

    A file gets its name with the slice's last iteration, so one that has its name is complete.

    Attributes:
        folder: of the files; the client makes and removes it.
        indices: the slices that a run need not compute again.
    """

    folder: Path
    indices: tuple[int, ...] = ()

    def add(self, event: Iteration) -> None:
        """Write an iteration; those of one slice come in order, from 0.

        Raises:
            OSError: it cannot be written. Then no later one may be added.
        """
        path = self.path(event.slice_index)
        partial = path.with_suffix(".part")
        arrays: Arrays = {}
        plain = to_plain(Iteration, event, arrays)
        with partial.open("ab" if event.index else "wb") as stream:
            write_frame(stream, Frame({"iteration": plain}, arrays))
        if event.final:
            partial.replace(path)

    def read(self) -> Iterator[Iteration]:
        """The iterations of the slices that a run need not compute again, slice by slice.

        Raises:
            OSError, FrameError: a file is missing or damaged.
        """
        for index in self.indices:
            with self.path(index).open("rb") as stream:
                for frame in read_frames(stream.read):
                    yield from_plain(Iteration, frame.fields["iteration"], frame.arrays)

    def path(self, index: int) -> Path:
        """The file of a slice."""
        return self.folder / f"{index}.slice"


class FinishedFolder:
    """The client's side: the folder of one run at a time.

    Attributes:
        seen: indices of the slices of which the caller has had the last iteration.
    """

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self._folder: Path | None = None
        self._until_removed = ExitStack()

    def make(self) -> FinishedSlices | None:
        """A new folder; None where there is no room for one, and no slice is kept."""
        self.remove()
        with suppress(OSError):
            self._folder = self._until_removed.enter_context(temporary_folder())
        return self._slices()

    def keep(self) -> FinishedSlices | None:
        """The folder for the next try of the run, with the slices that it need not compute."""
        slices = self._slices()
        kept = {index for index in self.seen if slices and slices.path(index).exists()}
        # The caller drops all others, and sees their last iterations once more.
        self.seen = kept
        return slices and replace(slices, indices=tuple(sorted(kept)))

    def remove(self) -> None:
        """Remove the folder, if there is one."""
        self.seen = set()
        self._folder = None
        self._until_removed.close()

    def _slices(self) -> FinishedSlices | None:
        return None if self._folder is None else FinishedSlices(self._folder)
