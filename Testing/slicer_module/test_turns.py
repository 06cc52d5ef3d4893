"""What a turn of the panel does, and what it leaves to the turns to come."""

import numpy as np

from HermesLib.engine.messages import Finished
from HermesSegmentLib.labelmaps import stored_voxels
from HermesSegmentLib.run_creation import ORGAN
from HermesSegmentLib.run_folder import RunFolder
from HermesSegmentLib.slice_strip import SliceStrip
from HermesSegmentLib.slice_table import SliceTable
from Testing.slicer_module.driving import GLAND, REPORT, RUN, click, drain, play
from Testing.slicer_module.events import iteration, opened, record


def sequence_bytes(run) -> int:
    """The bytes of all voxels in the items of the mask's sequence."""
    sequence, total = run.get("mask-sequence"), 0
    for number in range(sequence.GetNumberOfDataNodes()):
        segment = sequence.GetNthDataNode(number).GetSegmentation().GetNthSegment(0)
        image = segment.GetRepresentation("Binary labelmap")
        if image is not None:
            total += int(np.prod(image.GetDimensions()))
    return total


def test_a_new_try_rewrites_the_row_and_the_cell_of_its_slice_and_no_other(panel):
    run = record()
    run.open((60, 40, 50), (2, 1, 0), (False,) * 3, tuple(range(60)))
    strip, table = SliceStrip(panel.ui.sliceStrip), SliceTable(panel.ui.sliceTable)

    def fill():
        strip.fill(run, 7)
        return table.fill(run, list(range(60)), 7, {})

    # Sixty rows are more than one turn writes.
    assert not fill() and not fill() and fill()
    cells, rows = [], []
    strip.widget.connect("cellChanged(int,int)", lambda row, column: cells.append((row, column)))
    table.widget.connect("cellChanged(int,int)", lambda row, column: rows.append(row))
    fill()
    assert not cells and not rows
    run.add(iteration(41, 0, GLAND, GLAND, 0.97, "accepted"))
    fill()
    columns = strip.widget.columnCount
    assert {row * columns + column for row, column in cells} == {41} and set(rows) == {41}
    assert table.widget.item(41, 3).text() == "0.97"


def test_the_columns_of_the_table_are_as_wide_as_their_texts(panel, engine):
    click(panel.ui.runButton)
    play(panel, engine, RUN)
    table = panel.ui.sliceTable
    visible = [column for column in range(6) if not table.isColumnHidden(column)]
    assert visible and all(
        table.columnWidth(column) >= table.sizeHintForColumn(column) for column in visible
    )


def test_what_is_accepted_while_the_run_goes_on_reaches_the_scene_in_the_turns_to_come(
    panel, engine
):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    run = panel.review.run
    panel.reviewing.look_at(2)
    assert sequence_bytes(run) == 0
    click(panel.ui.acceptButton)
    assert '"accepted"' in run.node.GetText()
    for _turn in range(4):
        panel.control.tick()
    assert panel.control.running and sequence_bytes(run) > 0
    engine.say(Finished(REPORT))
    drain(panel, engine)
    assert run.writer.done


def test_a_run_that_starts_before_the_last_one_is_written_leaves_nothing_of_it_out(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN, Finished(REPORT))
    while panel.control.running:
        panel.control.tick()
    first = panel.control.run
    assert not first.writer.done
    panel.run()
    assert panel.control.run is not first and first.writer.done


def test_work_that_can_wait_has_a_turn_of_its_own_and_does_not_hold_up_the_run(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)))
    drain(panel, engine)
    control, done = panel.control, []
    control.later(lambda: done.append(len(control.run.record.slices[2].iterations)))
    control.later(lambda: done.append(len(control.run.record.slices[2].iterations)))
    engine.say(iteration(2, 0, GLAND, GLAND, 0.5))
    control.tick()
    assert done == [0], "the turn took the message as well"
    control.tick()
    assert done == [0] and len(control.run.record.slices[2].iterations) == 1
    control.tick()
    assert done == [0, 1]


def test_the_outline_of_the_try_before_is_filled_only_where_it_is_seen(panel, engine):
    click(panel.ui.runButton)
    play(panel, engine, RUN)
    run = panel.review.run
    panel.reviewing.look_at(2)
    panel.reviewing.step_to(1)

    def before() -> np.ndarray:
        return stored_voxels(run.get("previous"), ORGAN, run.volume)

    assert run.mask(2, 0).any() and not before().any()
    panel.parameters.showPrevious = True
    assert np.array_equal(run.frame.axes.view(before())[2], run.mask(2, 0))
    panel.reviewing.step_to(0)
    assert not before().any(), "there is no try before the first"


def test_the_folder_of_a_run_that_starts_at_once_stays_when_the_one_before_is_removed(panel):
    folders = RunFolder()
    first = folders.make()
    remove = folders.remove_later()
    second = folders.make()
    remove()
    assert not first.exists() and second.exists()
    folders.remove()
    assert not second.exists()
