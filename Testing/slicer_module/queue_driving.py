"""Functions that operate the queue of the panel, as a reader would."""

from Testing.slicer_module.driving import click

STATE, LOOK, REACHED, ACCEPTED = 1, 2, 3, 4


def work_off(panel) -> None:
    click(panel.ui.queueRunButton)
    finish(panel)


def finish(panel) -> None:
    for _turn in range(200):
        if not panel.queue.control.running:
            return
        panel.queue.control.tick()
    raise AssertionError("the queue does not end")


def run_folder(panel, folder) -> None:
    panel.ui.queueSourceCombo.currentIndex = 1
    panel.ui.queueFolderEdit.text = str(folder)
    panel.refresh()
    work_off(panel)


def shown(panel) -> list[str]:
    table = panel.ui.queueTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def cell(panel, name: str, column: int) -> str:
    return panel.ui.queueTable.item(shown(panel).index(name), column).text()


def click_row(panel, name: str) -> None:
    panel.ui.queueTable.cellClicked.emit(shown(panel).index(name), 0)


def runs_in_scene() -> int:
    from HermesSegmentLib.run_creation import run_record_nodes

    return len(run_record_nodes())
