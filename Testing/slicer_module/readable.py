"""Whether the text of widgets can be read: its contrast, and whether all of it is drawn."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import qt

from HermesLib.report.colours import contrast

#: WCAG 2 level AA for text.
ENOUGH = 4.5
_TEXT = (qt.QLabel, qt.QPushButton, qt.QCheckBox, qt.QToolButton, qt.QComboBox, qt.QAbstractSpinBox)


def texts(panel: Any) -> Iterator[tuple[str, Any, Any]]:
    """The visible parts of a panel with a text: what it says, its widget, its rectangle in it."""
    for widget in panel.findChildren(qt.QWidget):
        if not widget.isVisible() or not widget.isEnabled() or widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, qt.QTableWidget):
            yield from _cells(widget)
        elif isinstance(widget, _TEXT):
            words = widget.currentText if isinstance(widget, qt.QComboBox) else widget.text
            if words and "<span" not in words:
                yield words, widget, widget.rect


def picture_of(window: Any) -> np.ndarray:
    """A window as it is drawn, (height, width, 3) uint8."""
    image = window.grab().toImage().convertToFormat(qt.QImage.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def pixel_contrast(picture: np.ndarray, widget: Any, rectangle: Any) -> float:
    """The contrast of what is drawn most and what differs most from it.

    Args:
        picture: of the widget's window.
        widget: in the window.
        rectangle: the part of the widget.
    """
    place = widget.mapTo(widget.window(), rectangle.topLeft())
    rows = slice(place.y() + 2, place.y() + rectangle.height() - 2)
    columns = slice(place.x() + 2, place.x() + rectangle.width() - 2)
    drawn, counts = np.unique(picture[rows, columns].reshape(-1, 3), axis=0, return_counts=True)
    background = _name(drawn[counts.argmax()])
    return max(contrast(background, _name(colour)) for colour in drawn)


def span_contrasts(words: str) -> dict[str, float]:
    """The contrast of each coloured part of a rich text; 1 for one without a background."""
    found = {}
    for style, text in re.findall(r'<span style="([^"]*)">(.*?)</span>', words):
        parts = dict(part.strip().split(":") for part in style.split(";") if part.strip())
        pair = parts.get("color"), parts.get("background-color")
        found[text] = contrast(*pair) if all(pair) else 1.0
    return found


def cut_off(panel: Any) -> list[str]:
    """The visible texts for which there is no room."""
    cut = []
    for words, widget, rectangle in texts(panel):
        if isinstance(widget, qt.QTableWidget):
            metrics = widget.fontMetrics()
            needed = max(metrics.horizontalAdvance(line) for line in words.splitlines())
            room = rectangle.width()
        elif isinstance(widget, qt.QLabel) and widget.wordWrap:
            needed, room = widget.heightForWidth(widget.width), widget.height
        elif isinstance(widget, qt.QComboBox | qt.QAbstractSpinBox):
            needed = widget.fontMetrics().horizontalAdvance(words)
            room = widget.width - 24
        else:
            needed, room = widget.minimumSizeHint.width(), widget.width
        if needed > room:
            cut.append(words)
    return cut


def _cells(table: Any) -> Iterator[tuple[str, Any, Any]]:
    view = table.viewport()
    for row in range(table.rowCount):
        for column in range(table.columnCount):
            item = table.item(row, column)
            place = None if item is None else table.visualItemRect(item)
            if item is not None and item.text() and view.rect.contains(place):
                yield item.text(), table, place.translated(view.pos)


def _name(colour: np.ndarray) -> str:
    return "#" + "".join(f"{part:02X}" for part in colour)
