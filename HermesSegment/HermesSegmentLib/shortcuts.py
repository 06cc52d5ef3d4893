"""Keys of the panel.

None is used by the slice views (b f r g t v [ ] { }) or the Segment Editor (q w z y i, space,
digits).
"""

from slicer.i18n import tr as _

#: Key, method of the panel, title.
SHORTCUTS = (
    ("n", "go_next", _("next slice to review")),
    ("p", "go_previous", _("previous slice to review")),
    ("a", "accept", _("accept")),
    ("x", "reject", _("reject")),
    ("e", "edit", _("edit")),
    ("u", "undo", _("undo")),
    ("d", "toggle_difference", _("difference")),
    (",", "iteration_back", _("previous iteration")),
    (".", "iteration_on", _("next iteration")),
)


def legend() -> str:
    """All keys in one line, as rich text."""
    keys = " · ".join(f"<b>{key}</b> {title}" for key, _method, title in SHORTCUTS)
    return f"{_('Keys:')} {keys}"
