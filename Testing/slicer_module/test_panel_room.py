"""What a reader sees of the panel: room, words, reasons, what can be hidden."""

import re

import numpy as np
import pytest
import qt
import slicer

from HermesLib.engine.messages import Finished
from HermesLib.report import colours
from HermesSegmentLib import slice_views
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.prompt_markups import prompt_nodes
from HermesSegmentLib.reading_view import LAYOUT, organ_extent
from HermesSegmentLib.run_summary import quality_of, summary
from Testing.slicer_module.driving import GLAND, LARGE, REPORT, RUN, click, drain, play
from Testing.slicer_module.events import opened
from Testing.standins.slice_view import SliceView

#: What remains for a module's panel of 1080 pixels: menu, toolbars, logo and Data Probe take 300.
PANEL_HEIGHT = 780


def bottom(widget, panel) -> int:
    """Where a widget ends below the top of the panel, pixels."""
    return widget.mapTo(panel.ui.HermesSegment, widget.rect.bottomLeft()).y()


def test_run_and_decisions_are_in_sight_on_a_screen_of_1080_pixels(reviewed, widget):
    window = reviewed.ui.HermesSegment.window()
    window.resize(460, PANEL_HEIGHT)
    slicer.app.processEvents()
    ui = reviewed.ui
    assert ui.inputsSection.collapsed and ui.loopSection.collapsed, "inputs fold after Run"
    decisions = (ui.acceptButton, ui.rejectButton, ui.undoButton, ui.acceptAllButton, ui.nextButton)
    for button in (ui.runButton, *decisions):
        assert button.isVisible() and bottom(button, reviewed) < PANEL_HEIGHT / 2, button.text
    assert bottom(ui.sliceTable, reviewed) < PANEL_HEIGHT


def test_every_input_and_button_has_a_tooltip(panel):
    kinds = (qt.QAbstractButton, qt.QComboBox, qt.QAbstractSpinBox, qt.QAbstractSlider, qt.QLabel)
    for name, field in vars(panel.ui).items():
        if name.startswith("qt_"):
            continue  # parts of Qt's own tables and spin boxes
        if isinstance(field, kinds) or "Selector" in name or name.endswith("Slider"):
            assert field.toolTip, name


def test_readers_words_in_view_the_papers_in_tooltips(reviewed):
    ui = reviewed.ui
    words = [field.text for field in vars(ui).values() if isinstance(field, qt.QLabel)]
    words += [field.text for field in vars(ui).values() if isinstance(field, qt.QAbstractButton)]
    table = ui.sliceTable
    headings = [table.horizontalHeaderItem(column) for column in range(table.columnCount)]
    words += [heading.text() for heading in headings]
    for term in ("pDSC", "pGT", "atience", "DSC"):
        assert not [text for text in words if term in text], term
    assert "Estimated\nquality" in words and "90 %\nrange" in words
    assert "Tries without gain:" in words and "patience" in ui.patienceSpin.toolTip
    assert "pDSC" in ui.thresholdSlider.toolTip and "pGT" in ui.samplesSpin.toolTip
    assert "pDSC" in next(h.toolTip() for h in headings if "quality" in h.text())


def greyed(panel) -> list:
    """Buttons, inputs and sections that cannot be used by themselves."""
    kinds = (qt.QAbstractButton, qt.QComboBox, qt.QAbstractSpinBox, qt.QAbstractSlider)
    fields = [(name, field) for name, field in vars(panel.ui).items() if isinstance(field, kinds)]
    own = [field for name, field in fields if not name.startswith("qt_")]
    # What lies in a section that is greyed is greyed with it.
    return [field for field in own if not field.isEnabledTo(field.parentWidget())]


def test_whatever_is_greyed_says_why(panel, engine):
    ui = panel.ui
    before = greyed(panel)
    expected = (ui.acceptButton, ui.undoButton, ui.fromMaskButton, ui.nextButton, ui.paddingSpin)
    exports = (ui.exportNodeButton, ui.exportFileButton, ui.exportDicomButton)
    assert {*expected, *exports, ui.exportReportButton} <= set(before)
    click(ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:1])
    drain(panel, engine)
    during = greyed(panel)
    assert {ui.inputsSection, ui.loopSection, ui.importButton, ui.sampleButton} <= set(during)
    for field in (*before, *during):
        assert field.enabled or "Not now: " in field.toolTip, field.objectName
    engine.say(*RUN[1:], Finished(REPORT))
    drain(panel, engine)
    for field in greyed(panel):
        assert "Not now: " in field.toolTip, field.objectName


def test_the_result_at_a_glance(reviewed):
    run = reviewed.review.run
    # 0.7 x 0.7 x 3 mm a voxel; the best masks are GLAND, LARGE and LARGE.
    millilitres = (GLAND.sum() + 2 * LARGE.sum()) * 0.7 * 0.7 * 3 / 1000
    weights = [mask.sum() + GLAND.sum() for mask in (GLAND, LARGE, LARGE)]
    assert quality_of(run) == pytest.approx(np.average([0.97, 0.4, 0.6], weights=weights))
    text = reviewed.ui.summaryLabel.text
    assert text == summary(run)
    assert f"<b>{millilitres:.1f} ml</b> found" in text
    assert "<b>2</b> of 3 slices need a look: 2 below 0.90" in text
    click(reviewed.ui.acceptButton)
    assert "<b>1</b> of 3 slices need a look" in reviewed.ui.summaryLabel.text


def test_the_legend_names_every_colour_of_the_views(reviewed):
    legend = reviewed.ui.colourLabel.text.replace("&nbsp;", " ")
    for colour, words in colours.WORDS.items():
        assert re.search(f"background-color:{colour};[^>]*> {re.escape(words)} <", legend)
    run = reviewed.review.run
    drawn = {
        role: run.get(role).GetSegmentation().GetNthSegment(0).GetColor()
        for role in ("mask", "pgt", "difference", "result")
    }
    expected = (colours.MASK, colours.EXPECTED, colours.MASK_ONLY, colours.RESULT)
    assert list(drawn.values()) == [pytest.approx(colours.rgb(colour)) for colour in expected]


def test_doubt_is_outlined_where_the_expected_outline_may_lie(panel, engine):
    from dataclasses import replace

    from HermesLib.refinement.events import Spread

    certain, possible = np.zeros_like(GLAND), np.zeros_like(GLAND)
    certain[14:20, 16:26], possible[8:27, 10:33] = True, True
    known = replace(RUN[3], spread=Spread(certain, possible))
    click(panel.ui.runButton)
    play(panel, engine, [RUN[0], *RUN[1:3], known, *RUN[4:]])
    run = panel.review.run
    panel.reviewing.look_at(2)
    assert run.get("doubt") is None, "only when asked for"
    panel.parameters.showDoubt = True
    node = run.get("doubt")
    for segment, drawn in (("certain", certain), ("possible", possible)):
        assert np.array_equal(voxels_of(node, segment, run.volume)[2], drawn)
        assert not voxels_of(node, segment, run.volume)[3].any()
    assert node.GetHideFromEditors() and not node.GetSaveWithScene()
    panel.reviewing.iteration_back()
    assert not voxels_of(node, "certain", run.volume)[2].any()
    panel.parameters.showDoubt = False
    assert not node.GetDisplayNode().GetVisibility()


def test_prompts_and_older_outlines_can_be_hidden(reviewed):
    run = reviewed.review.run
    assert not run.get("previous").GetDisplayNode().GetVisibility()
    click(reviewed.ui.previousCheck)
    assert run.get("previous").GetDisplayNode().GetVisibility()
    visible = lambda: any(node.GetDisplayVisibility() for node in prompt_nodes(run.node))  # noqa: E731
    assert visible()
    reviewed.views.toggle_prompts()
    assert not visible() and not reviewed.ui.promptsCheck.checked
    reviewed.reviewing.look_at(4)
    assert not visible()
    assert "the prompts are hidden" in reviewed.ui.fromPromptButton.toolTip
    reviewed.views.toggle_prompts()
    assert visible()


def test_the_layout_for_reading_is_offered_and_leads_back(reviewed):
    manager = slicer.app.layoutManager()
    before = manager.layout
    assert before != LAYOUT
    click(reviewed.ui.layoutButton)
    assert manager.layout == LAYOUT and "Back" in reviewed.ui.layoutButton.text
    views = manager.layoutLogic().GetViewNodes()
    kinds = {views.GetItemAsObject(place).GetClassName() for place in range(3)}
    assert kinds == {"vtkMRMLSliceNode", "vtkMRMLViewNode", "vtkMRMLPlotViewNode"}
    click(reviewed.ui.layoutButton)
    assert manager.layout == before


def test_zoom_shows_the_organ_with_a_window_for_it(reviewed, volume):
    run = reviewed.review.run
    view = SliceView("Red")
    view.show(volume, tuple(run.frame.centre(3)))
    wide = view.node.GetFieldOfView()[0]
    click(reviewed.ui.zoomButton)
    assert view.node.GetFieldOfView()[0] < wide
    low, high = organ_extent(run)
    for row, column in ((low[1], low[2]), (high[1], high[2])):
        point = run.frame.to_ras(3, np.array(row), np.array(column)).ravel()
        y, x = view.place(tuple(point))
        assert -2 <= y <= view.height + 2 and -2 <= x <= view.width + 2
    assert slice_views.slice_in_view(volume, run.frame) == 3
    display = volume.GetDisplayNode()
    assert not display.GetAutoWindowLevel() and display.GetWindow() < 400


def test_zoom_stays_on_the_slice_under_review(reviewed, volume):
    for index in (4, 2):
        reviewed.reviewing.look_at(index)
        click(reviewed.ui.zoomButton)
        assert reviewed.review.slice_index == index
        assert slice_views.slice_in_view(volume, reviewed.review.run.frame) == index


def test_3d_shows_what_is_proposed_until_something_is_accepted(reviewed, engine):
    kind = "Closed surface"
    run, check = reviewed.review.run, reviewed.ui.surfaceCheck
    assert run.get("surface") is None, "only when asked for"
    check.click()
    assert run.get("surface") is None, "made in a turn of its own"
    drain(reviewed, engine)
    node = run.get("surface")
    segment = node.GetSegmentation().GetNthSegment(0)
    assert node.GetDisplayVisibility() and node.GetDisplayNode().GetVisibility3D()
    assert not node.GetDisplayNode().GetVisibility2DOutline() and not node.GetSaveWithScene()
    assert "not accepted" in segment.GetName() and "proposed" in check.text
    assert segment.GetColor() == pytest.approx(colours.rgb(colours.MASK))
    proposed = segment.GetRepresentation(kind)
    reviewed.reviewing.look_at(2)
    click(reviewed.ui.acceptButton)
    assert segment.GetRepresentation(kind) is proposed, "a decision waits for no surface"
    drain(reviewed, engine)
    assert "accepted" in segment.GetName() and "not" not in segment.GetName()
    assert segment.GetColor() == pytest.approx(colours.rgb(colours.RESULT))
    one = segment.GetRepresentation(kind)
    assert check.text == "3D"
    reviewed.refresh()
    drain(reviewed, engine)
    assert segment.GetRepresentation(kind) is one, "nothing has changed"
    reviewed.reviewing.look_at(4)
    click(reviewed.ui.acceptButton)
    drain(reviewed, engine)
    both = segment.GetRepresentation(kind)
    assert both.GetBounds()[5] > one.GetBounds()[5], "the next slice is in the surface, too"
    assert not run.get("result").GetSegmentation().ContainsRepresentation(kind)
    labelmap = segment.GetRepresentation("Binary labelmap")
    assert labelmap.GetNumberOfPoints() < run.result_voxels().size, "only around the organ"
    check.click()
    assert not node.GetDisplayVisibility()
    click(reviewed.ui.rejectButton)
    drain(reviewed, engine)
    assert segment.GetRepresentation(kind) is both, "one that nobody sees is not made"


def test_keys_do_nothing_while_another_part_of_the_window_has_the_focus(reviewed, widget):
    keys = widget.panel._shortcuts
    elsewhere = qt.QTreeWidget()
    elsewhere.show()
    elsewhere.activateWindow()
    elsewhere.setFocus()
    slicer.app.processEvents()
    assert qt.QApplication.focusWidget() is not None
    assert not keys._reader_is_here()
    reviewed.ui.sliceTable.window().activateWindow()
    reviewed.ui.sliceTable.setFocus()
    slicer.app.processEvents()
    assert keys._reader_is_here()
    elsewhere.close()
