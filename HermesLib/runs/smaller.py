"""What a run gives up, step by step, where memory runs out."""

from dataclasses import replace

from HermesLib.runs.request import RunRequest


def smaller_request(
    request: RunRequest, on_gpu: bool, cause: str = "memory ran out"
) -> tuple[RunRequest, str] | None:
    """The same run with less memory, and a line for the user; None if nothing is left to save.

    First one slice at a time, then the CPU.

    Args:
        request: which ran out of memory.
        on_gpu: whether ``auto`` is a GPU.
        cause: what has happened.
    """
    if request.slices_at_once > 1:
        words = f"{cause}; the run starts again with one slice at a time"
        changes: dict[str, object] = {"slices_at_once": 1}
    elif request.device != "cpu" and on_gpu:
        words = f"{cause}; the run starts again on the CPU"
        changes = {"device": "cpu"}
    else:
        return None
    return replace(request, fallbacks=(*request.fallbacks, words), **changes), words  # type: ignore[arg-type]
