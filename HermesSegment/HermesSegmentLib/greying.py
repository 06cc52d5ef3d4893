"""Widgets that cannot be used say why."""

from typing import Any

from slicer.i18n import tr as _


class Greying:
    """Enables widgets, or greys them and says why in their tooltips."""

    def __init__(self) -> None:
        self._usual: dict[str, str] = {}

    def set(self, widget: Any, obstacle: str) -> None:
        """Enable a widget, or grey it.

        Args:
            widget: with a tooltip that says what it is for.
            obstacle: why it cannot be used; empty if it can.
        """
        usual = self._usual.setdefault(widget.objectName, widget.toolTip)
        widget.enabled = not obstacle
        greyed = _("{use}\nNot now: {obstacle}")
        widget.toolTip = greyed.format(use=usual, obstacle=obstacle) if obstacle else usual
