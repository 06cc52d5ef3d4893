"""``qt`` as PythonQt offers it, on PySide6.

Properties are values (``label.text = "..."``); objects have ``delete`` and
``connect("signal(args)", f)``. Modules of Qt that PythonQt does not wrap, such as QtTest, are
missing here, too.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

for _module in (QtCore, QtGui, QtWidgets, QtUiTools):
    globals().update(
        {name: getattr(_module, name) for name in dir(_module) if not name.startswith("_")}
    )

_get, _set = QtCore.QObject.property, QtCore.QObject.setProperty
#: Names that are methods in PythonQt, too, not properties.
_METHODS = {"layout"}
_ANY_NUMBER = 99
#: Objects and names of the properties that are being read.
_reading: set[tuple[int, str]] = set()


class _Value:
    """A Qt property as an attribute. On the class itself PySide6's method stays."""

    def __init__(self, name: str, method: Any) -> None:
        self.name, self.method = name, method

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is None:
            return self.method if self.method is not None else self
        if (id(owner), self.name) in _reading:
            # PySide6 asks classes that are written in Python whether they override the method.
            return self.method.__get__(owner, kind)
        _reading.add((id(owner), self.name))
        try:
            return _get(owner, self.name)
        finally:
            _reading.discard((id(owner), self.name))

    def __set__(self, owner: Any, value: Any) -> None:
        if not _set(owner, self.name, value):
            raise AttributeError(
                f"{type(owner).__name__}.{self.name} does not take {type(value).__name__}"
            )


def _subclasses(kind: type) -> set[type]:
    direct = set(kind.__subclasses__())
    return direct.union(*(_subclasses(subclass) for subclass in direct))


class Described(NamedTuple):
    """What Qt says of a class, its bases included: names, and the signatures of signals."""

    properties: set[str]
    methods: set[str]
    signals: set[str]
    enumerators: set[str]


#: By name of the class. Read at the start: PySide6 may delete the descriptions later.
DESCRIBED: dict[str, Described] = {}


def _describe(kind: type) -> Described:
    described = kind.staticMetaObject
    methods = [described.method(number) for number in range(described.methodCount())]
    kinds = [described.enumerator(number) for number in range(described.enumeratorCount())]
    signals = [method for method in methods if method.methodType() == QtCore.QMetaMethod.Signal]
    return Described(
        {described.property(number).name() for number in range(described.propertyCount())},
        {method.name().data().decode() for method in methods},
        {signal.methodSignature().data().decode() for signal in signals},
        {str(listed.key(place)) for listed in kinds for place in range(listed.keyCount())},
    )


def _expose_properties(kind: type) -> None:
    described = kind.staticMetaObject
    for number in range(described.propertyCount()):
        name = described.property(number).name()
        present = kind.__dict__.get(name)
        # A class may have a getter of its own for an inherited property, such as ``sizeHint``.
        concerned = number >= described.propertyOffset() or name in kind.__dict__
        if concerned and name not in _METHODS and not isinstance(present, _Value | QtCore.Property):
            setattr(kind, name, _Value(name, present))


for _kind in sorted(
    {QtCore.QObject} | _subclasses(QtCore.QObject), key=lambda kind: len(kind.__mro__)
):
    if _kind.__module__.startswith("PySide6"):
        DESCRIBED[_kind.__name__] = _describe(_kind)
        _expose_properties(_kind)

_connections: dict[tuple[int, str], list[tuple[Callable, Callable]]] = {}


def _connect(sender: Any, signal: str, receiver: Callable) -> bool:
    name, count = _parse(signal)
    if sender.metaObject().indexOfSignal(signal) < 0:
        # PythonQt only returns False, and the function is never called.
        raise ValueError(f"{type(sender).__name__} has no signal {signal}")

    def slot(*arguments: Any) -> None:
        receiver(*arguments[: min(count, _accepted(receiver))])

    _connections.setdefault((id(sender), name), []).append((receiver, slot))
    getattr(sender, name).connect(slot)
    return True


def _disconnect(sender: Any, signal: str, receiver: Callable | None = None) -> bool:
    name, _ = _parse(signal)
    listed = _connections.get((id(sender), name), [])
    for pair in [pair for pair in listed if receiver is None or pair[0] == receiver]:
        getattr(sender, name).disconnect(pair[1])
        listed.remove(pair)
    return True


def _parse(signal: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\w+)\((.*)\)", signal)
    if not match:
        raise ValueError(f"a signal is written as name(types), not as {signal!r}")
    return match[1], len([part for part in match[2].split(",") if part.strip()])


def _accepted(receiver: Callable) -> int:
    """The most arguments that a receiver takes; PythonQt passes no more."""
    try:
        parameters = inspect.signature(receiver).parameters.values()
    except (TypeError, ValueError):
        return _ANY_NUMBER
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return _ANY_NUMBER
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(kind in positional for kind in kinds)


_plain_getattribute = QtCore.QObject.__getattribute__


def _getattribute(self: Any, name: str) -> Any:
    # PySide6 resolves these two before it looks at the class.
    if name == "connect":
        return lambda signal, receiver: _connect(self, signal, receiver)
    if name == "disconnect":
        return lambda signal, receiver=None: _disconnect(self, signal, receiver)
    return _plain_getattribute(self, name)


QtCore.QObject.__getattribute__ = _getattribute
QtCore.QObject.name = property(
    lambda self: _get(self, "objectName"), lambda self, value: _set(self, "objectName", value)
)
QtCore.QObject.className = lambda self: self.metaObject().className()
QtCore.QObject.delete = lambda self: shiboken6.delete(self)


class QUiLoader(QtUiTools.QUiLoader):
    """Loads the widgets of CTK and MRML, too, as Slicer's does."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        from Testing.standins import ctk_widgets, mrml_widgets

        for module in (ctk_widgets, mrml_widgets):
            for name in module.WIDGETS:
                self.registerCustomWidget(getattr(module, name))
