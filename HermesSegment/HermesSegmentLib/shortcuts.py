"""Keys of the panel.

None is used by the slice views (b f r g t v [ ] { }) or the Segment Editor (q w z y i, space,
digits).
"""

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

#: Key, method of the panel, title.
SHORTCUTS = (
    ("n", "go_next", _("next")),
    ("p", "go_previous", _("previous")),
    ("a", "accept", _("accept")),
    ("x", "reject", _("reject")),
    ("e", "edit", _("edit")),
    ("u", "undo", _("undo")),
    ("Shift+U", "redo", _("redo")),
    ("d", "toggle_difference", _("difference")),
    ("m", "toggle_prompts", _("prompts")),
    (",", "iteration_back", _("try before")),
    (".", "iteration_on", _("next try")),
    ("o", "zoom", _("zoom")),
)


def legend() -> str:
    """All keys in one line, as rich text."""
    keys = " · ".join(f"<b>{key}</b> {title}" for key, _method, title in SHORTCUTS)
    return _("Keys:") + f" {keys}"


class Shortcuts:
    """The keys act while the module is open and the reader is in the panel or the views.

    A key that is pressed in another part of the window, such as a table of another module, does
    nothing: it would decide on a slice unseen.

    Args:
        panel: the module's widget.
        method_of: the function behind a method's name.
    """

    def __init__(self, panel: Any, method_of: Callable[[str], Callable[[], None]]) -> None:
        self._panel = panel
        window = slicer.util.mainWindow() or panel
        self._shortcuts = []
        for key, method, _title in SHORTCUTS:
            shortcut = qt.QShortcut(qt.QKeySequence(key), window)
            shortcut.connect("activated()", self._guarded(method_of(method)))
            self._shortcuts.append(shortcut)

    def enable(self, enabled: bool) -> None:
        """Let the keys act, or leave them to other modules."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(enabled)

    def close(self) -> None:
        """Remove the keys from Slicer's window, as before the module is loaded again."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts = []

    def _guarded(self, method: Callable[[], None]) -> Callable[[], None]:
        return lambda: method() if self._reader_is_here() else None

    def _reader_is_here(self) -> bool:
        focus = qt.QApplication.focusWidget()
        if focus is None or focus is self._panel or focus.isAncestorOf(self._panel):
            return True
        layout = slicer.app.layoutManager()
        places = [self._panel, *([] if layout is None else [layout.viewport()])]
        return any(place is focus or place.isAncestorOf(focus) for place in places)
