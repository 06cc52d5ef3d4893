"""Text on a colour of its own, which is read in Slicer's light and dark style alike.

A text colour alone is not: what is read on white is not on dark grey.
"""

from typing import Any

import qt

from HermesLib.report.colours import text_on

_ERROR = "#AA3322"
#: Style sheet of a line that reports a failure.
ERROR_STYLE = f"background-color: {_ERROR}; color: {text_on(_ERROR)}; padding: 2px"
_SELECTED = "#1F5F9F"


def chip(colour: str, words: str) -> str:
    """Words on a colour, as rich text."""
    style = f"background-color:{colour}; color:{text_on(colour)}"
    return f'<span style="{style}">&nbsp;{words.replace(" ", "&nbsp;")}&nbsp;</span>'


def show_selection(table: Any) -> None:
    """Let the selected row of a table be read: in Slicer's colours its contrast is below 4.5."""
    # Not a style sheet: a table with one keeps its other colours when the user changes the style.
    palette = qt.QPalette()
    palette.setColor(qt.QPalette.Highlight, qt.QColor(_SELECTED))
    palette.setColor(qt.QPalette.HighlightedText, qt.QColor(text_on(_SELECTED)))
    table.setPalette(palette)
