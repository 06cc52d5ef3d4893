"""``ctk``: the widgets of the Common Toolkit that the panel uses, with their properties."""

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QToolButton, QWidget

from Testing.standins import pythonqt  # noqa: F401  (wraps PySide6 first)

WIDGETS = ("ctkCollapsibleButton", "ctkSliderWidget")

_HEADER = 26
_UNLIMITED = 16777215
_STEPS = 1000


class ctkCollapsibleButton(QWidget):  # noqa: N801
    """A titled section that folds."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._collapsed = "", False
        self._button = QToolButton(self)
        self._button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self._button.setAutoRaise(True)
        self._button.clicked.connect(lambda *_: self._fold(not self._collapsed))
        self.setContentsMargins(4, _HEADER, 4, 4)
        self._show()

    def resizeEvent(self, event: object) -> None:
        """Fit the title to the width of the section."""
        self._button.setGeometry(0, 0, self.width, _HEADER - 2)

    def _show(self) -> None:
        self._button.setText(self._text)
        self._button.setArrowType(Qt.RightArrow if self._collapsed else Qt.DownArrow)

    def _title(self, text: str) -> None:
        self._text = text
        self._show()

    def _fold(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        for child in self.children():
            if isinstance(child, QWidget) and child is not self._button:
                child.setVisible(not collapsed)
        self.setMaximumHeight(_HEADER if collapsed else _UNLIMITED)
        self._show()
        self.contentsCollapsed.emit(collapsed)

    text = Property(str, lambda self: self._text, _title)
    collapsed = Property(bool, lambda self: self._collapsed, _fold)


class ctkSliderWidget(QWidget):  # noqa: N801
    """A slider and a spin box that show one value."""

    valueChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider, self._box = QSlider(Qt.Horizontal), QDoubleSpinBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider)
        row.addWidget(self._box)
        self._low, self._high, self._value, self._step, self._busy = 0.0, 99.0, 0.0, 1.0, False
        self._slider.setRange(0, _STEPS)
        self._slider.valueChanged.connect(lambda place: self._slid(place))
        self._box.valueChanged.connect(lambda value: None if self._busy else self._change(value))
        self._show()

    def setValue(self, value: float) -> None:
        """Slot: change the value."""
        self._change(value)

    def _slid(self, place: int) -> None:
        if not self._busy:
            steps = (
                round((self._high - self._low) * place / _STEPS / self._step) if self._step else 0
            )
            self._change(self._low + steps * self._step)

    def _show(self) -> None:
        self._busy = True
        self._box.setRange(self._low, self._high)
        self._box.setSingleStep(self._step)
        self._box.setValue(self._value)
        reach = self._high - self._low
        self._slider.setValue(round((self._value - self._low) / reach * _STEPS) if reach else 0)
        self._busy = False

    def _change(self, value: float) -> None:
        value = min(max(float(value), self._low), self._high)
        changed, self._value = value != self._value, value
        self._show()
        if changed:
            self.valueChanged.emit(value)

    def _limit(self, low: float, high: float) -> None:
        self._low, self._high = float(low), float(high)
        self._change(self._value)

    def _round(self, decimals: int) -> None:
        self._box.setDecimals(decimals)

    def _stride(self, step: float) -> None:
        self._step = float(step)
        self._show()

    value = Property(float, lambda self: self._value, _change, notify=valueChanged)
    minimum = Property(
        float, lambda self: self._low, lambda self, low: self._limit(low, max(low, self._high))
    )
    maximum = Property(
        float, lambda self: self._high, lambda self, high: self._limit(min(self._low, high), high)
    )
    singleStep = Property(float, lambda self: self._step, _stride)
    decimals = Property(int, lambda self: self._box.property("decimals"), _round)
