"""The messages of a whole run, and functions that operate the panel."""

import qt

from HermesLib.engine.messages import Finished
from Testing.slicer_module.events import block, iteration, opened

SMALL, LARGE, GLAND = (
    block(slice(15, 20), slice(15, 20)),
    block(slice(5, 35), slice(5, 45)),
    block(slice(10, 25), slice(12, 30)),
)
REPORT = {
    "format": 1,
    "summary": {},
    "slices": [{"index": index, "marks": []} for index in (2, 3, 4)],
    "provenance": {"seed": 0},
}
RUN = [
    iteration(2, 0, SMALL, GLAND, 0.3),
    iteration(3, 0, LARGE, GLAND, 0.4),
    iteration(4, 0, SMALL, GLAND, 0.2),
    iteration(2, 1, GLAND, GLAND, 0.97, "accepted"),
    iteration(3, 1, SMALL, GLAND, 0.35, "stopped"),
    iteration(4, 1, LARGE, GLAND, 0.6, "stopped"),
]


def marked_report(marks: dict[int, list[str]]) -> dict:
    """A report with marks of slices by index."""
    slices = [{"index": index, "marks": marks.get(index, [])} for index in (2, 3, 4)]
    return {**REPORT, "slices": slices}


def click(button) -> None:
    assert button.enabled, button.text
    button.click()


def press(panel, key: str) -> None:
    """Press a key of the panel, as far as it acts; Slicer's PythonQt has no ``QTest``."""
    for shortcut in panel._shortcuts._shortcuts:
        if shortcut.key.toString() == key and shortcut.enabled:
            # PythonQt emits a signal that is called, PySide6 has a method for it.
            getattr(shortcut.activated, "emit", shortcut.activated)()
    qt.QApplication.processEvents()


def play(panel, engine, messages=None, end=None) -> None:
    engine.say(
        opened((2, 3, 4)),
        *(RUN if messages is None else messages),
        *([Finished(REPORT)] if end is None else [end]),
    )
    drain(panel, engine)


def drain(panel, engine) -> None:
    """Turns of the timer until all messages are in the scene."""
    while engine.waiting or not panel.control.settled:
        panel.control.tick()


def accept_every(panel) -> None:
    """Accept what needs no look at once and the rest one by one, as a reader would."""
    if panel.ui.acceptAllButton.enabled:
        click(panel.ui.acceptAllButton)
    for entry in panel.review.waiting():
        panel.reviewing.look_at(entry.index)
        click(panel.ui.acceptButton)
