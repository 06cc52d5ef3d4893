"""What a run gives up, step by step, where memory runs out."""

from collections.abc import Sequence
from dataclasses import replace

from HermesLib.report.numbering import numbers_text
from HermesLib.runs.request import RunRequest


def smaller_request(
    request: RunRequest,
    on_gpu: bool,
    cause: str = "memory ran out",
    finished: Sequence[int] = (),
) -> tuple[RunRequest, str] | None:
    """The same run with less memory, and a line for the user; None if nothing is left to save.

    First one slice at a time, then the CPU.

    Args:
        request: which ran out of memory.
        on_gpu: whether ``auto`` is a GPU.
        cause: what has happened.
        finished: indices of the slices that keep their results.
    """
    if request.slices_at_once > 1:
        how = "with one slice at a time"
        changes: dict[str, object] = {"slices_at_once": 1}
    elif request.device != "cpu" and on_gpu:
        how = "on the CPU"
        changes = {"device": "cpu"}
    else:
        return None
    words = f"{cause}; the run starts again {how}"
    if finished:
        name = "slice" if len(finished) == 1 else "slices"
        words += f" and keeps {name} {numbers_text(list(finished))}"
    return replace(request, fallbacks=(*request.fallbacks, words), **changes), words  # type: ignore[arg-type]
