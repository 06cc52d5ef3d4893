"""One run on one image: open, refine or assess, report, write.

The engine, Python callers and tests all use :class:`Run`.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from HermesLib.devices import is_out_of_memory, release_memory
from HermesLib.errors import MemoryShortageError
from HermesLib.notices import Notice, heard_by
from HermesLib.progress import followed_by
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import History, SliceResult
from HermesLib.runs.guide_drawing import GuideDrawing, KeptGuides
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.open_run import OpenRun
from HermesLib.runs.opening import InMemory, open_run
from HermesLib.runs.request import RunRequest
from HermesLib.runs.smaller import smaller_request


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """A run that has ended.

    Attributes:
        opened: what it worked on.
        results: history and result of every slice, by slice index.
        report: the content of ``report.json``.
        cancelled: whether it was cancelled; ``results`` then covers what was done.
    """

    opened: OpenRun
    results: list[SliceResult]
    report: dict[str, Any]
    cancelled: bool


class _CancelledError(Exception):
    """The user cancelled within a call of a model."""


class Run:
    """One run of a request.

    Args:
        request: what to do.
        cache: keeps networks between runs; by default they are loaded for this run only.
        memory: an image in memory, instead of the files that the request names.
        finished: all iterations of slices that an earlier try of the same run has finished; they
            are results of this run and not computed again.
        kept_guides: where the guide that a program has drawn is kept for a further try.
    """

    def __init__(
        self,
        request: RunRequest,
        cache: ModelCache | None = None,
        memory: InMemory | None = None,
        finished: Iterable[Iteration] = (),
        kept_guides: KeptGuides | None = None,
    ) -> None:
        self._request = request
        self._cache = cache or ModelCache()
        self._memory = memory
        self._kept_guides = kept_guides or KeptGuides()
        self._opened: OpenRun | None = None
        self._history = History(request.settings.keep)
        for event in finished:
            self._history.add(event)
        self._notices: list[Notice] = list(memory.notices) if memory is not None else []

    def execute(
        self,
        *,
        output: Path | None = None,
        on_opened: Callable[[OpenRun], None] | None = None,
        on_event: Callable[[Iteration], None] | None = None,
        on_fallback: Callable[[str, tuple[int, ...]], None] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        on_progress: Callable[[str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> RunOutcome:
        """Do what the request says; where memory runs out, again with less of it.

        Args:
            output: existing folder for the five result files; a cancelled run writes none.
            on_opened: called once image and networks are loaded. If it is called again, the run
                starts again and earlier iterations of unfinished slices are void.
            on_event: called with every iteration; an exception from it ends the run.
            on_fallback: called where memory ran out, before the run starts again
                (:mod:`HermesLib.runs.smaller`): one line for the user, which the report lists, and
                the indices of the slices that are finished. These keep their results and have no
                further events.
            on_notice: called once with every notice, as it arises (:mod:`HermesLib.notices`). The
                report lists them.
            on_progress: called with a line for the user while a guide's program is at work, and
                within long calls of a model (:mod:`HermesLib.progress`).
            is_cancelled: asked before every iteration is taken and once at the end; while a
                guide's program is at work, several times a second; within a long call of a model,
                with every line.

        Raises:
            HermesError: bad input, bad weights, or out of memory with nothing left to save.
            GuideCancelled: the run was cancelled while the guide's program was at work.
        """
        cancelled = is_cancelled or (lambda: False)
        drawing = GuideDrawing(
            kept=self._kept_guides,
            is_cancelled=cancelled,
            progress=on_progress or (lambda line: None),
        )

        def hear(notice: Notice) -> None:
            # A run that starts again gives its notices again.
            if notice not in self._notices:
                self._notices.append(notice)
                if on_notice is not None:
                    on_notice(notice)

        def follow(line: str) -> None:
            if cancelled():
                raise _CancelledError
            drawing.progress(line)

        with heard_by(hear), followed_by(follow):
            while True:
                try:
                    return self._execute(output, on_opened, on_event, cancelled, drawing)
                except (MemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error):
                        raise
                    words = self._take_less(error)
                if on_fallback is not None:
                    on_fallback(words, self._history.finished)

    def _take_less(self, error: Exception) -> str:
        """Release the networks and ask for less; gives a line for the user.

        Slices do not depend on each other: those that are finished keep their results.
        """
        # The traceback holds the tensors of the failed call.
        error.__traceback__ = None
        self._cache.clear()
        release_memory()
        finished = self._history.finished
        smaller = smaller_request(self._request, torch.cuda.is_available(), finished=finished)
        if smaller is None:
            raise MemoryShortageError(
                "memory ran out, with one slice at a time on the CPU; choose fewer slices or close"
                " other programs"
            ) from error
        self._request, words = smaller
        self._opened = None
        self._history.drop_unfinished()
        return words

    def report_so_far(self) -> dict[str, Any] | None:
        """The report on the iterations taken so far; None before the run is open."""
        if self._opened is None:
            return None
        return self._opened.report(self._history.results(), self._notices)

    def _execute(
        self,
        output: Path | None,
        on_opened: Callable[[OpenRun], None] | None,
        on_event: Callable[[Iteration], None] | None,
        is_cancelled: Callable[[], bool],
        drawing: GuideDrawing,
    ) -> RunOutcome:
        history = self._history
        finished, accepted = history.finished, history.accepted_masks()
        opened = open_run(self._request, self._cache, self._memory, finished, accepted, drawing)
        self._opened = opened
        if (opened.request.slices_at_once or 1) > 1:
            # Where memory runs out, half of them.
            self._request = opened.request
        if on_opened is not None:
            on_opened(opened)
        with suppress(_CancelledError):
            for event in opened.events:
                if is_cancelled():
                    break
                self._history.add(event)
                if on_event is not None:
                    on_event(event)
        # A model on a server is released now, not when the run is forgotten.
        if isinstance(opened.events, Generator):
            opened.events.close()
        results = self._history.results()
        report = opened.report(results, self._notices)
        cancelled = is_cancelled()
        if output is not None and not cancelled:
            opened.write(output, results, report)
        return RunOutcome(opened, results, report, cancelled)
