"""How runs start: a volume is segmented, a slice is tried again, a mask is judged."""

from dataclasses import replace
from typing import Any

import numpy as np
from slicer.i18n import tr as _

from HermesLib.notices import Notice
from HermesLib.runs.request import RunRequest
from HermesSegmentLib.foreign_masks import ForeignMask, guide_voxels
from HermesSegmentLib.node_io import visible_voxels
from HermesSegmentLib.request import Start, make_assess_request, make_record, make_request
from HermesSegmentLib.run_control import RunControl
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.slice_frame import frame_of
from HermesSegmentLib.slice_views import slice_in_view
from HermesSegmentLib.steering import guide_mask


def start_segmenting(
    parameters: Any, control: RunControl, slices: tuple[int, int] | None
) -> RunNodes:
    """Segment the panel's volume; returns the nodes of the run.

    Args:
        parameters: of the panel.
        control: starts the run.
        slices: half-open range; None for all.

    Raises:
        Exception: a bad input, or the engine cannot be started; nothing is left in the scene.
    """
    volume, initial = parameters.volume, None
    if parameters.initial is not None:
        initial = visible_voxels(parameters.initial, volume)
    guide, notice = _guide_voxels(parameters, volume)
    view = slice_in_view(volume, frame_of(volume))
    start = Start(slices=slices, initial=initial, guide=guide, view=view)
    run = _start(parameters, control, make_request(parameters, volume, control.folder(), start))
    _take(control, run, notice)
    return run


def start_judging(
    parameters: Any, control: RunControl, mask: ForeignMask, slices: tuple[int, int] | None
) -> RunNodes:
    """Judge a mask on the panel's volume; no promptable model is needed.

    Args, Raises:
        See :func:`start_segmenting`.
    """
    voxels, resampled = mask.on_grid(parameters.volume)
    if not voxels.any():
        raise RuntimeError(
            _("{name} has no voxel in {volume}").format(
                name=mask.name, volume=parameters.volume.GetName()
            )
        )
    guide, notice = _guide_voxels(parameters, parameters.volume)
    folder = control.folder()
    request = make_assess_request(parameters, parameters.volume, folder, voxels, slices, guide)
    run = _start(parameters, control, request)
    if resampled:
        _take(control, run, _("the mask is on another grid than the image; it was resampled"))
    _take(control, run, notice)
    return run


def start_again(parameters: Any, control: RunControl, run: RunNodes, start: Start) -> None:
    """Try a slice of a run again.

    Args:
        parameters: of the panel.
        control: starts the run.
        run: which has the slice.
        start: names the slice, and what its run starts from.

    Raises:
        Exception: a bad input, or the engine cannot be started.
    """
    assert start.slices is not None
    guide, notice = _guide_voxels(parameters, run.volume)
    guided = replace(start, guide=guide)
    request = make_request(parameters, run.volume, control.folder(), guided)
    control.start(request, run, again=[start.slices[0]])
    _take(control, run, notice)


def _guide_voxels(parameters: Any, volume: Any) -> tuple[np.ndarray | None, str]:
    """The segment of the scene that guides a run (k, j, i, bool), and what must be said of it.

    Raises:
        RuntimeError: no voxel of it lies in the volume.
    """
    mask = guide_mask(parameters)
    if mask is None:
        return None, ""
    words = _("the guide is on another grid than the image; it was resampled")
    return guide_voxels(mask, volume), "" if mask.shares_grid(volume) else words


def _take(control: RunControl, run: RunNodes, words: str) -> None:
    """Keep a notice of the start of a run, if there is one."""
    if words:
        control.progress.take_notice(words)
        run.record.take_notice(Notice("mask-resampled", words))


def _start(parameters: Any, control: RunControl, request: RunRequest) -> RunNodes:
    run = RunNodes.create(parameters.volume, make_record(parameters, request))
    run.show_difference(parameters.showDifference)
    try:
        control.start(request, run)
    except Exception:
        run.remove()
        raise
    return run
