"""What a run gives up, step by step, where memory runs out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from HermesLib.report.numbering import numbers_text
from HermesLib.runs.request import RefineRequest, RunRequest


def smaller_request(
    request: RunRequest,
    on_gpu: bool,
    cause: str = "memory ran out",
    finished: Sequence[int] = (),
) -> tuple[RunRequest, str] | None:
    """The same run with less memory, and a line for the user; None if nothing is left to save.

    First half of the slices at once, down to one, then the CPU. Where their number is automatic, it
    is not known here, and the first step is to one.

    Args:
        request: which ran out of memory.
        on_gpu: whether ``auto`` is a GPU.
        cause: what has happened.
        finished: indices of the slices that keep their results.
    """
    step = _step(request, on_gpu)
    if step is None:
        return None
    words = f"{cause}; the run starts again {step.how}"
    if finished:
        name = "slice" if len(finished) == 1 else "slices"
        words += f" and keeps {name} {numbers_text(list(finished))}"
    return _with(request, step, words), words


def after_fallback(request: RunRequest, on_gpu: bool, words: str) -> RunRequest:
    """What a worker that has fallen back by itself, and said ``words``, is asked for if it ends.

    The last step is left to take again: a new process may have the memory that the old one lacked.
    """
    step = _step(request, on_gpu)
    smaller = request if step is None else _with(request, step, words)
    if _step(smaller, on_gpu) is None:
        return replace(request, fallbacks=(*request.fallbacks, words))
    return smaller


@dataclass(frozen=True)
class _Step:
    """What is given up next: in words, and the fields of the request that change."""

    how: str
    changes: Mapping[str, Any]


def _step(request: RunRequest, on_gpu: bool) -> _Step | None:
    if request.slices_at_once != 1:
        fewer = (request.slices_at_once or 2) // 2
        words = "one slice at a time" if fewer == 1 else f"{fewer} slices at a time"
        return _Step(f"with {words}", {"slices_at_once": fewer})
    if request.device != "cpu" and on_gpu:
        if isinstance(request, RefineRequest) and request.precision != "full":
            changes = {"device": "cpu", "precision": "full"}
            return _Step("on the CPU in full precision", changes)
        return _Step("on the CPU", {"device": "cpu"})
    return None


def _with(request: RunRequest, step: _Step, words: str) -> RunRequest:
    return replace(request, fallbacks=(*request.fallbacks, words), **step.changes)
