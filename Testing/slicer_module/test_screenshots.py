"""Pictures of the panel with the engine on the synthetic sample, in Slicer's light and dark style.

They are written to the folder that ``HERMES_SCREENSHOTS`` names, as for ``docs/images``.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import slicer
from PIL import Image

from HermesLib.refinement.events import Status
from Testing.slicer_module.driving import accept_every
from Testing.slicer_module.readable import cut_off, picture_of
from Testing.slicer_module.test_whole_run import click, panel, wait  # noqa: F401
from Testing.standins.plot_view import plot_pixels
from Testing.standins.slice_view import SliceView
from Testing.standins.styles import PALETTES, use_style

#: A screen of 1080 pixels.
WIDTH, HEIGHT = 500, 1080
MARGIN = 10
#: Enough for a picture of the review.
TRIES = 6
#: Colours of a picture: greys of the image, and the most frequent others. The file has a third of
#: the size, and nobody can see it.
GREYS, OTHERS = 96, 160


class Camera:
    """Takes each picture in both styles: the panel, with the slice view and the plot at its right.

    Args:
        panel: the module's.
        folder: of the pictures; None to keep them in memory.
    """

    def __init__(self, panel, folder: Path | None) -> None:  # noqa: F811
        self.panel, self.folder = panel, folder
        self.view: SliceView | None = None
        self.taken: dict[str, np.ndarray] = {}

    def shoot(self, name: str) -> None:
        """Take the panel as ``panel-NAME-light.png`` and ``panel-NAME-dark.png``."""
        window = self.panel.ui.HermesSegment.window()
        # The margin at the right may be cut.
        assert window.minimumSizeHint.width() <= WIDTH + MARGIN, f"{name} is cut off at the right"
        # What is higher than the screen is scrolled in Slicer; a picture shows all of it.
        height = max(HEIGHT, window.minimumSizeHint.height())
        window.resize(WIDTH, height)
        views = self._views(height)
        for style in PALETTES:
            use_style(style)
            for _turn in range(3):
                slicer.app.processEvents()
            picture = Image.new("RGB", (WIDTH + views.width, height))
            picture.paste(Image.fromarray(picture_of(window)[:height]), (0, 0))
            picture.paste(views, (WIDTH, 0))
            stem = f"panel-{name}-{style}"
            self.taken[stem] = np.asarray(picture)
            if self.folder is not None:
                reduced(picture).save(self.folder / f"{stem}.png", optimize=True)
        use_style("light")
        assert cut_off(window) == [], name

    def _views(self, height: int) -> Image.Image:
        """The slice view above the plot; nothing before there is a view."""
        if self.view is None:
            return Image.new("RGB", (0, height))
        picture = Image.new("RGB", (self.view.width, height))
        picture.paste(Image.fromarray(self.view.pixels()), (0, 0))
        chart = None if self.panel.review is None else self.panel.review.run.get("chart")
        if chart is not None:
            below = plot_pixels(chart, self.view.width, height - self.view.height)
            picture.paste(Image.fromarray(below), (0, self.view.height))
        return picture


def reduced(picture: Image.Image) -> Image.Image:
    """A picture in 256 colours, among them all that carry a meaning."""
    found, counts = np.unique(np.asarray(picture).reshape(-1, 3), axis=0, return_counts=True)
    coloured = np.ptp(found.astype(int), axis=1) > 12
    order = np.argsort(-counts[coloured])[:OTHERS]
    greys = np.linspace(0, 255, GREYS).round().astype(int)
    colours = [*found[coloured][order].tolist(), *([grey] * 3 for grey in greys)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


@pytest.fixture
def camera(panel) -> Camera:  # noqa: F811
    if "HERMES_SCREENSHOTS" not in os.environ:
        return Camera(panel, None)
    folder = Path(os.environ["HERMES_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    return Camera(panel, folder)


@pytest.mark.long
def test_the_panel_from_empty_to_exported_in_both_styles(panel, camera):  # noqa: F811
    panel.ui.HermesSegment.window().resize(WIDTH, HEIGHT)
    panel.refresh()
    camera.shoot("empty")
    panel.parameters.maximumIterations = TRIES
    click(panel.ui.sampleButton)

    def drawn() -> list[int]:
        """The slices that have ended with a mask."""
        return [
            entry.index
            for entry in panel.control.run.record.slices.values()
            if entry.status in (Status.ACCEPTED, Status.STOPPED)
        ]

    def look_at(index: int) -> None:
        panel.reviewing.look_at(index)
        camera.view.show(run.volume, tuple(run.frame.centre(index)))

    wait(panel, lambda: panel.control.run is not None and bool(drawn()) and panel.control.settled)
    camera.view = SliceView(width=640, height=640)
    run = panel.control.run
    look_at(drawn()[-1])
    # The plot is made in a turn of its own.
    wait(panel, lambda: run.get("chart") is not None)
    camera.shoot("running")
    wait(panel, lambda: not panel.control.running)
    panel.parameters.showDifference = True
    # What a reader stops at: a mask below the threshold where the organ is not in question.
    below = [
        entry
        for entry in run.record.slices.values()
        if entry.status is Status.STOPPED and not entry.marks
    ]
    look_at(min(below, key=lambda entry: entry.iterations[-1].pdsc).index)
    camera.shoot("review")
    panel.parameters.showDifference, panel.parameters.showPrompts = False, False
    panel.parameters.showDoubt = True
    panel.refresh()
    click(panel.ui.zoomButton)
    camera.shoot("doubt")
    panel.parameters.showDoubt = False
    panel.reviewing.accept_reached()
    accept_every(panel)
    click(panel.ui.exportNodeButton)
    look_at(below[0].index)
    camera.shoot("export")
    assert "Exported to" in panel.ui.exportNote.text
    for name, picture in camera.taken.items():
        assert picture.std() > 10, name
    for name in ("empty", "running", "review", "doubt", "export"):
        light, dark = (camera.taken[f"panel-{name}-{style}"] for style in PALETTES)
        assert light[:, :WIDTH].mean() > 150 > 100 > dark[:, :WIDTH].mean(), name
    assert (camera.taken["panel-review-light"] != camera.taken["panel-doubt-light"]).any()
