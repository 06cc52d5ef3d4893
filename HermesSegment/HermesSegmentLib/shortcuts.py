"""Keys of the panel. None belongs to the slice views (b f r g t v [ ] { }) or to the Segment Editor (q w z y i, space, digits)."""

from slicer.i18n import tr as _

#: Key, the panel's method, and what it does.
SHORTCUTS = (
    ("n", "go_next", _("next slice to look at")),
    ("p", "go_previous", _("previous slice to look at")),
    ("a", "accept", _("accept")),
    ("x", "reject", _("reject")),
    ("e", "edit", _("edit")),
    ("u", "undo", _("undo")),
    ("d", "toggle_difference", _("difference")),
    (",", "iteration_back", _("iteration before")),
    (".", "iteration_on", _("iteration after")),
)


def legend() -> str:
    """All keys in a line, as rich text."""
    return _("Keys:") + " " + " · ".join(f"<b>{key}</b> {what}" for key, _method, what in SHORTCUTS)
