"""Sweeps: whole volumes in which the organ grows, shrinks or moves, and what is found of it there.

Size and place of an organ are the two things that a patient whom nobody has met is most likely to
have otherwise. Image and truth are warped together (:mod:`HermesLib.datasets.volume_warp`); the
body stays. Steps that change nothing leave the image as it is; all others sample it once, linearly.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.datasets.volume_warp import OrganVolume, resize_organ, shift_organ
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, CaseImages, case_names, read_case
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.sweep_steps import DIRECTIONS, Warp
from HermesLib.io.neighbours import own_slice, with_neighbours
from HermesLib.presets.preset import Preset

#: A warp that misses its amount by a larger share is out of reach, and so is a shift that changes
#: the organ's volume by more than this factor.
_MISSED, _SQUEEZED = 0.1, 1.3


@dataclass(frozen=True)
class WarpedOutcomes:
    """What is found in one warped volume.

    Attributes:
        warp: what was done to it.
        patient, case: of the volume.
        volume_factor: the volume that the organ has reached, as a factor of its own. A shift
            changes it where tissue has no room.
        distance: the distance of the organ's centroid from its former place, in its former radii.
        seconds: of warping and measuring.
        slices: how its slices ended.
    """

    warp: Warp
    patient: str
    case: str
    volume_factor: float
    distance: float
    seconds: float
    slices: tuple[SliceOutcome, ...]

    @property
    def reached(self) -> bool:
        """Whether the organ has the wanted size, or the wanted place at about its own size.

        An organ that meets the end of the volume is squeezed in place of moved.
        """
        if self.warp.kind == "size":
            return abs(self.volume_factor / self.warp.amount - 1) <= _MISSED
        near = abs(self.distance - self.warp.amount) <= _MISSED * self.warp.amount
        return near and 1 / _SQUEEZED <= self.volume_factor <= _SQUEEZED


def apply_warp(volume: OrganVolume, warp: Warp) -> OrganVolume:
    """The volume after a warp."""
    if warp.kind == "size":
        return resize_organ(volume, warp.amount)
    towards = DIRECTIONS[warp.direction]
    vector = None if towards is None else np.array(towards, float)
    return shift_organ(volume, warp.amount * volume.radius, vector)


#: Measures a case, by its name in the outcomes, on images in place of its own.
Measure = Callable[[Case, str, CaseImages], Sequence[SliceOutcome]]
#: Called with each volume, the volumes done and their total.
OnVolume = Callable[[WarpedOutcomes, int, int], None]


def evaluate_sweep(
    cases: Sequence[Case],
    preset: Preset,
    warps: Sequence[Warp],
    measure: Measure,
    on_volume: OnVolume,
    say: Callable[[str], None],
) -> list[WarpedOutcomes]:
    """Measure every case after every warp.

    Args:
        cases: with truth. Lone slices and volumes without the organ are left out.
        preset: how images are read.
        warps: of one or more sweeps. Those that change nothing are measured once.
        measure: finds the organ, by the loop or by the pGT alone.
        on_volume: reports progress.
        say: reports what is left out.

    Raises:
        HermesError: no case is a volume with the organ, or none has room for any of the warps.
    """
    done: list[WarpedOutcomes] = []
    measured = 0
    for number, (case, name) in enumerate(zip(cases, case_names(cases), strict=True)):
        read = read_case(case, preset)
        if read.thickness is None or not read.truth.any():
            reason = "a lone slice" if read.thickness is None else "the organ is not in it"
            say(f"left out: {case.patient}, {reason}")
            continue
        measured += 1
        # Left-out cases among those to come are not known yet.
        total = len(warps) * (measured + len(cases) - number - 1)
        for outcomes in _sweep_case(case, name, read, warps, measure):
            done.append(outcomes)
            on_volume(outcomes, len(done), total)
    if not done:
        raise HermesError("a sweep warps whole volumes with the organ; there is none in the data")
    if not any(volume.reached for volume in done):
        raise HermesError("no volume has room for these warps; choose smaller ones")
    return done


def _sweep_case(
    case: Case, name: str, read: CaseImages, warps: Sequence[Warp], measure: Measure
) -> Iterator[WarpedOutcomes]:
    volume = organ_volume(read)
    unchanged: WarpedOutcomes | None = None
    for warp in warps:
        if warp.changes_nothing and unchanged is not None:
            yield _renamed(replace(unchanged, warp=warp, seconds=0.0))
            continue
        started = time.perf_counter()
        warped = volume if warp.changes_nothing else apply_warp(volume, warp)
        moved = warped.centroid - volume.centroid if warped.organ.any() else np.zeros(3)
        outcomes = measure(case, name, read if warp.changes_nothing else with_organ(read, warped))
        result = WarpedOutcomes(
            warp,
            case.patient,
            name,
            round(warped.volume / volume.volume, 3),
            round(float(np.linalg.norm(moved)) / volume.radius, 3),
            round(time.perf_counter() - started, 1),
            tuple(outcomes),
        )
        if warp.changes_nothing:
            unchanged = result
        yield _renamed(result)


def _renamed(result: WarpedOutcomes) -> WarpedOutcomes:
    """The same with slices of a volume of their own, so that the steps of a case stay apart."""
    name = f"{result.case}, {result.warp.title}"
    return replace(result, slices=tuple(replace(item, case=name) for item in result.slices))


def organ_volume(read: CaseImages) -> OrganVolume:
    """The organ of a case's slices; its thickness is known."""
    image = np.ascontiguousarray(own_slice(read.images)[:, 0].numpy())
    return OrganVolume(image, read.truth.numpy(), (read.thickness or 1.0, *read.pixel_spacing))


def with_organ(read: CaseImages, volume: OrganVolume) -> CaseImages:
    """A case's slices with another image and organ on the same grid."""
    images = with_neighbours(volume.image.astype(np.float32, copy=False))
    return replace(read, images=images, truth=torch.from_numpy(volume.organ))
