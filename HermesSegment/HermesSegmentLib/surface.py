"""The result in 3D: what is accepted or, before anything is, what is proposed."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from HermesLib.refinement.events import Status
from HermesLib.report import colours
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.labelmaps import put_labelmap
from HermesSegmentLib.run_creation import ORGAN, create_surface, surface_names
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.sequence_items import block_of

_SURFACE = "Closed surface"
#: A surface of so many voxels takes about 50 ms.
_MOST_VOXELS = 120_000
#: A proposal is translucent.
_OPACITY = {True: 1.0, False: 0.5}


class Surface:
    """The surface of a run's result, in a segmentation of its own around the organ.

    The result itself covers the whole volume: its surface would take seconds at every decision.
    Here a surface is made only when it is seen, once for all decisions since the last turn.

    Args:
        later: does something in a turn to come.
    """

    def __init__(self, later: Callable[[Callable[[], None]], None]) -> None:
        self._later = later
        self._wanted: RunNodes | None = None
        self._waiting = False
        #: What the surface was made of.
        self._made: Hashable = None

    @property
    def proposed(self) -> bool:
        """Whether what is shown, or soon will be, is not accepted yet."""
        return self._wanted is not None and not _accepted(self._wanted)

    def show(self, run: RunNodes, visible: bool, running: bool) -> None:
        """Bring the surface up to date, in a turn to come; or hide it.

        Args:
            run: whose result is shown.
            visible: whether it is.
            running: a run is in progress: what it proposes is shown when it is over.
        """
        ready = visible and (bool(_accepted(run)) or not running)
        self._wanted = run if ready else None
        node = run.get("surface")
        if not ready:
            if node is not None:
                node.GetDisplayNode().SetVisibility(False)
            return
        if node is not None and self._made == _state(run):
            node.GetDisplayNode().SetVisibility(True)
        elif not self._waiting:
            self._waiting = True
            self._later(self._make)

    def _make(self) -> None:
        self._waiting = False
        run = self._wanted
        if run is None or not run.alive:
            return
        accepted = bool(_accepted(run))
        node = run.get("surface")
        if node is None:
            node = create_surface(run.node, run.volume)
        node.RemoveClosedSurfaceRepresentation()
        block = block_of(_masks(run), run.frame)
        self._made = _state(run)
        node.GetDisplayNode().SetVisibility(block is not None)
        if block is None:
            return
        segment = node.GetSegmentation().GetSegment(ORGAN)
        segment.SetName(surface_names()[accepted])
        segment.SetColor(colours.rgb(colours.RESULT if accepted else colours.MASK))
        node.GetDisplayNode().SetOpacity3D(_OPACITY[accepted])
        put_labelmap(node, ORGAN, *coarsened(*block, run.frame.ijk_to_ras))
        node.CreateClosedSurfaceRepresentation()


def coarsened(
    voxels: np.ndarray, first: tuple[int, int, int], ijk_to_ras: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Larger voxels for a surface that is soon made, and where they lie, (4, 4).

    Axes with the smallest voxels are coarsened first; a voxel is set where half of it is.

    Args:
        voxels: (k, j, i) uint8, 0 and 1.
        first: the place (k, j, i) of the first voxel in the volume.
        ijk_to_ras: (4, 4) of the volume.
    """
    spacing = np.linalg.norm(ijk_to_ras[:3, :3], axis=0)[::-1]
    steps = np.ones(3, int)
    while np.prod(np.ceil(np.array(voxels.shape) / steps)) > _MOST_VOXELS:
        steps[np.argmin(np.where(steps < voxels.shape, steps * spacing, np.inf))] += 1
    filled = voxels
    for axis, step in enumerate(steps):
        if step > 1:
            starts = np.arange(0, voxels.shape[axis], step)
            filled = np.add.reduceat(filled, starts, axis, dtype=np.uint16)
    # The middle of the first large voxel, in voxels of the volume.
    to_volume = np.diag([*steps[::-1], 1.0])
    to_volume[:3, 3] = (np.array(first) + (steps - 1) / 2)[::-1]
    return (2 * filled >= steps.prod()).astype(np.uint8), ijk_to_ras @ to_volume


def _accepted(run: RunNodes) -> list[int]:
    return [entry.index for entry in run.record.slices.values() if entry.accepted]


def _state(run: RunNodes) -> Hashable:
    """As long as it is the same, so is the surface."""
    accepted: Any = _accepted(run)
    if not accepted:
        entries = run.record.slices.values()
        return run.node.GetID(), tuple((e.index, e.status, e.best) for e in entries)
    segment = run.get("result").GetSegmentation().GetSegment(ORGAN)
    image = segment.GetRepresentation("Binary labelmap")
    return run.node.GetID(), tuple(accepted), None if image is None else image.GetMTime()


def _masks(run: RunNodes) -> dict[int, PackedMask]:
    """What the surface encloses, by slice."""
    accepted = _accepted(run)
    if accepted:
        result = run.frame.axes.view(run.result_voxels())
        masks = {index: PackedMask.pack(result[index] > 0) for index in accepted}
    else:
        masks = {
            entry.index: PackedMask.pack(run.mask(entry.index, entry.best))
            for entry in run.record.slices.values()
            if entry.status in (Status.ACCEPTED, Status.STOPPED)
        }
    return {index: mask for index, mask in masks.items() if not mask.empty}
