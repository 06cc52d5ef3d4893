"""``ctk``: the widgets of the Common Toolkit that the panel uses, with their properties."""

from PySide6.QtCore import Property, QChildEvent, QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOption,
    QStylePainter,
    QWidget,
)

from Testing.standins import pythonqt  # noqa: F401  (wraps PySide6 first)

WIDGETS = ("ctkCollapsibleButton", "ctkSliderWidget")

_HEADER = 26
_UNLIMITED = 16777215
_STEPS = 1000
#: A child's property: whether it is to be visible when the section is unfolded.
_OWN = "visibilityToParent"


class ctkCollapsibleButton(QAbstractButton):  # noqa: N801
    """A titled section that folds: a checkable button whose children are its contents.

    As in CTK, a child that is hidden by itself stays hidden when the section unfolds, and one that
    is shown while the section is folded appears only then.
    """

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._collapsed = self._forcing = False
        self.setCheckable(True)
        self.setChecked(True)
        self.setContentsMargins(4, _HEADER, 4, 4)
        self.setSizePolicy(QSizePolicy.Minimum, QSizePolicy.Preferred)
        self.setBackgroundRole(QPalette.Window)
        self.toggled.connect(lambda checked: self._collapse(not checked))

    def hitButton(self, place: QPoint) -> bool:
        """Only the title can be clicked."""
        return place.y() < _HEADER

    def paintEvent(self, event: object) -> None:
        """The title with its arrow."""
        painter, option = QStylePainter(self), QStyleOption()
        option.initFrom(self)
        option.rect = QRect(4, 6, 12, 12)
        arrow = QStyle.PE_IndicatorArrowRight if self._collapsed else QStyle.PE_IndicatorArrowDown
        painter.drawPrimitive(arrow, option)
        painter.drawItemText(
            QRect(21, 0, self.width - 21, _HEADER - 2),
            int(Qt.AlignLeft | Qt.AlignVCenter),
            option.palette,
            self.isEnabled(),
            self.text,
            QPalette.ButtonText,
        )

    def childEvent(self, event: QChildEvent) -> None:
        """A new child takes part."""
        child = event.child()
        if event.type() == QEvent.ChildAdded and child.isWidgetType():
            hidden = child.testAttribute(Qt.WA_WState_Hidden)
            if child.testAttribute(Qt.WA_WState_ExplicitShowHide) and hidden:
                child.setProperty(_OWN, False)
            child.installEventFilter(self)
            self._show_child(child)

    def showEvent(self, event: object) -> None:
        """The children of a section that was folded before it was shown."""
        for child in self._children():
            self._show_child(child)

    def eventFilter(self, child: QObject, event: QEvent) -> bool:
        """Remember what a child wants by itself."""
        if not self._forcing:
            if event.type() == QEvent.ShowToParent:
                child.setProperty(_OWN, True)
                self._show_child(child)
            elif event.type() == QEvent.HideToParent:
                child.setProperty(_OWN, False)
        return False

    def _children(self) -> list[QWidget]:
        return [child for child in self.children() if isinstance(child, QWidget)]

    def _show_child(self, child: QWidget) -> None:
        if not self.testAttribute(Qt.WA_WState_Created):
            return
        forcing, self._forcing = self._forcing, True
        own = child.property(_OWN)
        visible = not self._collapsed and own is not False
        if child.testAttribute(Qt.WA_WState_Created) or not visible:
            child.setVisible(visible)
        if own is not False:
            child.setAttribute(Qt.WA_WState_ExplicitShowHide, False)
        self._forcing = forcing

    def _collapse(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self.setMaximumHeight(_HEADER if collapsed else _UNLIMITED)
        for child in self._children():
            self._show_child(child)
        self.updateGeometry()
        self.update()
        self.contentsCollapsed.emit(collapsed)

    collapsed = Property(
        bool, lambda self: self._collapsed, lambda self, folded: self.setChecked(not folded)
    )


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
