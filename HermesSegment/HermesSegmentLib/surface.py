"""The result in 3D: what is accepted or, before anything is, what is proposed."""

from collections.abc import Callable, Hashable
from typing import Any

from HermesLib.refinement.events import Status
from HermesLib.report import colours
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.labelmaps import put_labelmap
from HermesSegmentLib.run_creation import ORGAN, create_surface, surface_names
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.sequence_items import block_of

_SURFACE = "Closed surface"
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
        put_labelmap(node, ORGAN, block[0], run.frame.ijk_to_ras, block[1])
        node.CreateClosedSurfaceRepresentation()


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
