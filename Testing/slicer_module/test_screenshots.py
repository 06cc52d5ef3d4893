"""Pictures of the panel with the engine on the synthetic sample.

They are written to a temporary folder, or to the folder that ``HERMES_SCREENSHOTS`` names, as for
``docs/images``.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import slicer
from PIL import Image

from HermesLib.refinement.events import Status
from Testing.slicer_module.driving import accept_every
from Testing.slicer_module.test_whole_run import click, panel, wait  # noqa: F401
from Testing.standins.plot_view import plot_pixels
from Testing.standins.slice_view import SliceView

#: A screen of 1080 pixels.
WIDTH, HEIGHT = 500, 1080
#: Enough for a picture of the review.
TRIES = 6


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder for the pictures."""
    path = Path(os.environ.get("HERMES_SCREENSHOTS", tmp_path))
    path.mkdir(parents=True, exist_ok=True)
    return path


def shoot(panel, path: Path, view: SliceView | None = None, plot: bool = False) -> np.ndarray:  # noqa: F811
    """Save the panel with the slice view and the plot at its right, as in Slicer's window."""
    window = panel.ui.HermesSegment.window()
    window.resize(WIDTH, HEIGHT)
    slicer.app.processEvents()
    window.grab().save(str(path))
    with Image.open(path) as grabbed:
        picture = Image.new("RGB", (WIDTH + (view.width if view else 0), HEIGHT), "#000000")
        picture.paste(grabbed.convert("RGB"), (0, 0))
    if view is not None:
        picture.paste(Image.fromarray(view.pixels()), (WIDTH, 0))
    if plot:
        chart = plot_pixels(panel.review.run.get("chart"), view.width, HEIGHT - view.height)
        picture.paste(Image.fromarray(chart), (WIDTH, view.height))
    picture.save(path, optimize=True)
    return np.asarray(picture)


def test_the_panel_from_ready_to_exported(panel, folder):  # noqa: F811
    panel.ui.HermesSegment.window().resize(WIDTH, HEIGHT)
    panel.parameters.maximumIterations = TRIES
    panel.refresh()
    ready = shoot(panel, folder / "panel-ready.png")
    click(panel.ui.sampleButton)

    def drawn() -> list[int]:
        """The slices that have ended with a mask."""
        return [
            entry.index
            for entry in panel.control.run.record.slices.values()
            if entry.status in (Status.ACCEPTED, Status.STOPPED)
        ]

    def look_at(index: int) -> None:
        panel.review.look_at(index)
        view.show(run.volume, tuple(run.frame.centre(index)))

    wait(panel, lambda: panel.control.run is not None and bool(drawn()) and panel.control.settled)
    view = SliceView(width=640, height=640)
    run = panel.control.run
    look_at(drawn()[-1])
    running = shoot(panel, folder / "panel-running.png", view)
    wait(panel, lambda: not panel.control.running)
    panel.parameters.showDifference = True
    # What a reader stops at: a mask below the threshold where the organ is not in question.
    below = [
        entry
        for entry in run.record.slices.values()
        if entry.status is Status.STOPPED and not entry.marks
    ]
    look_at(min(below, key=lambda entry: entry.iterations[-1].pdsc).index)
    review = shoot(panel, folder / "panel-review.png", view, plot=True)
    accept_every(panel)
    click(panel.ui.exportNodeButton)
    panel.parameters.showDifference = False
    look_at(below[0].index)
    exported = shoot(panel, folder / "panel-export.png", view, plot=True)
    for picture in (ready, running, review, exported):
        assert picture.std() > 10
    assert (running != review[: running.shape[0], : running.shape[1]]).any()
    assert "Exported to" in panel.ui.exportNote.text
