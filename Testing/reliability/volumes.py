"""Many volumes through one engine: its memory and its handles stay as they are."""

from pathlib import Path
from typing import Any

from HermesLib.engine.client import Engine, Failed, Finished
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import RefineRequest
from Testing.reliability.inputs_made import write_inputs

#: Runs before the first measurement: caches fill, libraries are loaded on demand.
WARM_UP = 10


def run_volumes(folder: Path, count: int) -> dict[str, Any]:
    """Refine one small image so many times, each time with another seed, in one engine.

    Returns:
        ``runs`` and ``failed``; ``rss_first_mb`` and ``rss_last_mb``, the medians of the resident
        memory over the first and the last tenth after the warm-up, ``growth`` as a share;
        ``handles_first`` and ``handles_last``; ``threads_first`` and ``threads_last``.
    """
    write_inputs(folder, slices=2)
    engine = Engine()
    memory, handles, threads, failed = [], [], [], 0
    for number in range(count):
        output = folder / f"out-{number}"
        output.mkdir()
        request = RefineRequest(
            image=folder / "image.nii.gz",
            model="scribbleprompt",
            weights=str(folder / "model.safetensors"),
            settings=RefinementSettings(max_iterations=1, seed=number),
            samples=1,
            steps=1,
            device="cpu",
            send_masks=False,
        )
        engine.start(request, output)
        last = list(engine.follow())[-1]
        failed += not isinstance(last, Finished)
        if isinstance(last, Failed):
            raise AssertionError(last.message)
        assert engine.process_id is not None
        status = Path(f"/proc/{engine.process_id}/status").read_text(encoding="utf-8").splitlines()
        values = dict(line.split(":", 1) for line in status)
        memory.append(int(values["VmRSS"].split()[0]) / 1024)
        threads.append(int(values["Threads"]))
        handles.append(len(list(Path(f"/proc/{engine.process_id}/fd").iterdir())))
        for path in output.iterdir():
            path.unlink()
    engine.close()
    warm = memory[min(WARM_UP, count // 2) :]
    part = max(1, len(warm) // 10)
    first, final = (sorted(values)[len(values) // 2] for values in (warm[:part], warm[-part:]))
    return {
        "runs": count,
        "failed": failed,
        "rss_first_mb": round(first, 1),
        "rss_last_mb": round(final, 1),
        "growth": round(final / first - 1, 4),
        "handles_first": handles[min(WARM_UP, count // 2)],
        "handles_last": handles[-1],
        "threads_first": threads[min(WARM_UP, count // 2)],
        "threads_last": threads[-1],
    }
