"""A bar on stderr, if that is a terminal or one is asked for, and lines printed above it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm


class ProgressBar:
    """A context manager, so that the bar is closed before other output.

    Attributes:
        bar: None where none is shown.

    Args:
        shown: also if stderr is not a terminal.
        options: of the bar.
    """

    def __init__(self, shown: bool, **options: Any) -> None:
        self.bar: tqdm | None = None
        if shown or sys.stderr.isatty():
            self.bar = tqdm(file=sys.stderr, leave=False, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def print(self, line: str) -> None:
        """Print a line without disturbing the bar."""
        with self.above():
            print(line, file=sys.stderr, flush=True)

    @contextmanager
    def above(self) -> Iterator[None]:
        """What is printed to stderr inside stands above the bar."""
        with tqdm.external_write_mode(file=sys.stderr):
            yield
