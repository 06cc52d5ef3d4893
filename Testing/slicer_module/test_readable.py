"""Whatever the panel says can be read, in Slicer's light and in its dark style."""

import pytest
import qt
import slicer

from HermesLib.engine.messages import Failed, Finished
from HermesLib.report.colours import contrast, text_on
from HermesSegmentLib.slice_table import COLOURS
from Testing.slicer_module.driving import click, drain, marked_report, play
from Testing.slicer_module.readable import (
    ENOUGH,
    cut_off,
    picture_of,
    pixel_contrast,
    span_contrasts,
    texts,
)
from Testing.standins.styles import PALETTES, use_style

#: WCAG 2 for lines and signs.
LINE = 3.0


@pytest.fixture(params=PALETTES)
def style(request):
    """One of Slicer's styles, and the light one afterwards."""
    use_style(request.param)
    yield request.param
    use_style("light")


def states(panel, engine):
    """The panel before a run, after a failure, in review, with a selected row, and exported."""
    yield "empty"
    click(panel.ui.runButton)
    engine.say(Failed("The engine ended: no memory left", None))
    drain(panel, engine)
    assert panel.control.failed
    yield "failed"
    click(panel.ui.runButton)
    play(panel, engine, end=Finished(marked_report({2: ["jump"], 4: ["borderline"]})))
    yield "review"
    panel.reviewing.look_at(3)
    click(panel.ui.acceptButton)
    click(panel.ui.exportNodeButton)
    yield "export"


def test_every_text_has_enough_contrast_and_room(style, panel, engine):
    window = panel.ui.HermesSegment.window()
    window.resize(460, 1080)
    for state in states(panel, engine):
        for _turn in range(3):  # sections that unfold are laid out later
            slicer.app.processEvents()
        seen, picture = 0, picture_of(window)
        for words, widget, rectangle in texts(window):
            seen += 1
            assert pixel_contrast(picture, widget, rectangle) >= ENOUGH, (style, state, words)
        assert seen > 10, state
        assert cut_off(window) == [], state
        for label in window.findChildren(qt.QLabel):
            for part, found in span_contrasts(label.text).items():
                assert found >= ENOUGH, (state, part)


def test_signs_on_the_strip_are_read_on_every_colour(reviewed):
    for colour in COLOURS.values():
        assert contrast(colour, text_on(colour)) >= ENOUGH
    strip = reviewed.ui.sliceStrip
    cells = [strip.item(0, column) for column in range(strip.columnCount)]
    for cell in cells:
        pair = [brush.color().name() for brush in (cell.foreground(), cell.background())]
        assert contrast(*pair) >= ENOUGH


def test_a_text_colour_that_suits_one_style_only_would_be_found(panel):
    label = panel.ui.statusLabel
    label.text = "Something failed"
    label.setStyleSheet("color: #aa3322")
    use_style("dark")
    slicer.app.processEvents()
    try:
        assert pixel_contrast(picture_of(label.window()), label, label.rect) < ENOUGH
    finally:
        use_style("light")
    assert pixel_contrast(picture_of(label.window()), label, label.rect) >= ENOUGH


def test_the_plot_needs_no_legend_and_has_a_mark_for_every_try(reviewed):
    chart = reviewed.review.run.get("chart")
    # Slicer would draw a legend over the lines.
    assert not chart.GetLegendVisibility()
    for words in ("dots: 90 % range", "dashes: good enough"):
        assert words in chart.GetXAxisTitle()
    assert not chart.GetXAxisRangeAuto() and chart.GetXAxisRange() == (0.5, 11.5)
    for number in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(number)
        colour = "#" + "".join(f"{round(255 * part):02X}" for part in series.GetColor())
        assert contrast(colour, "#FFFDF6") >= LINE, series.GetName()


def test_inputs_unfold_after_a_run_without_result(panel, engine):
    click(panel.ui.runButton)
    assert panel.ui.inputsSection.collapsed
    engine.say(Failed("The engine ended: no memory left", None))
    drain(panel, engine)
    assert panel.control.failed and not panel.ui.inputsSection.collapsed
