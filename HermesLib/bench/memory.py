"""The memory of a run beyond its libraries, for volumes of several sizes."""

from collections.abc import Callable, Sequence
from typing import Any

from HermesLib.bench.one_volume import Measurement, measured
from HermesLib.bench.volumes import write_phantom
from HermesLib.io.owned_folder import temporary_folder

#: Slices in the middle of a volume that are refined, once each: the whole volume is read, observed
#: and written, and that takes the memory.
_REFINED = 6


def bench_memory(
    volumes: Sequence[tuple[int, int]], threads: int | None, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure runs on volumes, each in a process of its own, one dictionary each.

    ``peak_mb``: the most memory of the process, less that after its libraries were imported; None
    where the system does not say. ``kb_a_slice``: what each slice more takes than in the last
    volume with slices of the same size; None without one. ``mask_kb``: one mask of a slice in 8
    bits.

    Args:
        volumes: number of slices, and rows and columns of each.
        threads: that compute; None for the physical cores.
        say: called with a line for people for each volume.
    """
    figures: list[dict[str, Any]] = []
    for count, side in volumes:
        first = max(0, (count - _REFINED) // 2)
        with temporary_folder() as folder:
            path = write_phantom(folder, count, side)
            run = measured(
                Measurement(
                    str(path),
                    slices=(first, min(count, first + _REFINED)),
                    max_iterations=1,
                    threads=threads,
                ),
                f"{count} slices of {side} x {side}",
            )
        figures.append(
            {
                "slices": count,
                "side": side,
                **run,
                "image_mb": count * side**2 * 2 / 2**20,
                "mask_kb": side**2 / 2**10,
                "kb_a_slice": _a_slice(run["peak_mb"], count, side, figures),
            }
        )
        say(_line(figures[-1]))
    return figures


def _a_slice(
    peak: float | None, count: int, side: int, earlier: Sequence[dict[str, Any]]
) -> float | None:
    """What a slice more takes, kB."""
    alike = [run for run in earlier if run["side"] == side and run["slices"] < count]
    if peak is None or not alike:
        return None
    return (peak - float(alike[-1]["peak_mb"])) * 2**10 / (count - int(alike[-1]["slices"]))


def _line(run: dict[str, Any]) -> str:
    if run["peak_mb"] is None:
        return f"{run['slices']} slices: this system does not say how much memory a process takes"
    a_slice = ""
    if run["kb_a_slice"] is not None:
        a_slice = f"; {run['kb_a_slice']:.0f} kB a further slice, one mask is {run['mask_kb']:.0f}"
    return (
        f"{run['slices']} slices of {run['side']} x {run['side']} ({run['image_mb']:.0f} MB):"
        f" {run['peak_mb']:.0f} MB beyond the libraries{a_slice}"
    )
