"""``slicer.parameterNodeWrapper``: typed parameters in a node of the scene, bound to widgets.

Supports the types that the panel uses: bool, int, float, str and nodes, with ``WithinRange``,
``Minimum`` and ``Choice``.
"""

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import slicer
import vtk

from Testing.standins import pythonqt as qt
from Testing.standins.ctk_widgets import ctkSliderWidget
from Testing.standins.mrml_widgets import qMRMLNodeComboBox

__all__ = ["Choice", "Minimum", "WithinRange", "parameterNodeWrapper"]

_PROPERTY = "SlicerParameterName"


@dataclass
class WithinRange:
    """A closed range."""

    minimum: float
    maximum: float

    def validate(self, value: float) -> None:
        """Raises ValueError outside the range."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} and {self.maximum}")


@dataclass
class Minimum:
    """A lower bound."""

    minimum: float

    def validate(self, value: float) -> None:
        """Raises ValueError below the bound."""
        if value < self.minimum:
            raise ValueError(f"{value} is below {self.minimum}")


@dataclass
class Choice:
    """A list of allowed values."""

    choices: Sequence[Any]

    def validate(self, value: Any) -> None:
        """Raises ValueError for another value."""
        if value not in self.choices:
            raise ValueError(f"{value!r} is not one of {self.choices}")


class _Parameter:
    """One parameter and its storage in the node."""

    def __init__(self, name: str, annotated: Any, default: Any) -> None:
        self.name = name
        parts = (
            typing.get_args(annotated)
            if typing.get_origin(annotated) is typing.Annotated
            else (annotated,)
        )
        self.kind = parts[0]
        self.validators = [part for part in parts[1:] if hasattr(part, "validate")]
        self.is_node = isinstance(self.kind, type) and issubclass(self.kind, slicer.vtkMRMLNode)
        self.default = default

    def read(self, node: Any) -> Any:
        if self.is_node:
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        return text == "True" if self.kind is bool else self.kind(text)

    def write(self, node: Any, value: Any) -> None:
        for validator in self.validators:
            validator.validate(value)
        if self.is_node:
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        elif not isinstance(value, self.kind) and not (
            self.kind is float and isinstance(value, int)
        ):
            raise TypeError(f"{self.name} is a {self.kind.__name__}, not {value!r}")
        else:
            node.SetParameter(self.name, str(value))

    def is_in(self, node: Any) -> bool:
        return self.is_node or node.HasParameter(self.name)


class _Binding:
    """A widget and a parameter that update each other."""

    def __init__(self, widget: Any, parameter: _Parameter) -> None:
        self.widget, self.parameter, self.callback = widget, parameter, None
        self.choices = next(
            (rule.choices for rule in parameter.validators if isinstance(rule, Choice)), None
        )
        bounds = next(
            (rule for rule in parameter.validators if isinstance(rule, WithinRange | Minimum)), None
        )
        if isinstance(widget, qt.QComboBox):
            if self.choices is None:
                raise RuntimeError(f"{parameter.name} needs a Choice for its combo box")
            qt.QComboBox.clear(widget)
            for choice in self.choices:
                widget.addItem(str(choice))
        elif bounds is not None:
            widget.minimum = bounds.minimum
            widget.maximum = getattr(bounds, "maximum", 2**31 - 1 if parameter.kind is int else 1e9)

    def signal(self) -> Any:
        names = {
            qt.QComboBox: "currentIndexChanged",
            qt.QCheckBox: "stateChanged",
            qt.QLineEdit: "textChanged",
            qt.QSpinBox: "valueChanged",
            qt.QDoubleSpinBox: "valueChanged",
            qt.QSlider: "valueChanged",
            ctkSliderWidget: "valueChanged",
            qMRMLNodeComboBox: "currentNodeChanged",
        }
        if type(self.widget) not in names:
            raise RuntimeError(
                f"no connector from {type(self.widget).__name__} to {self.parameter.kind}"
            )
        return getattr(self.widget, names[type(self.widget)])

    def listen(self, callback: Callable[[], None]) -> None:
        self.callback = lambda *_: callback()
        self.signal().connect(self.callback)

    def stop(self) -> None:
        self.signal().disconnect(self.callback)

    def read(self) -> Any:
        match self.widget:
            case qt.QComboBox():
                return self.choices[self.widget.currentIndex]
            case qt.QCheckBox():
                return self.widget.checked
            case qt.QLineEdit():
                return self.widget.text
            case qMRMLNodeComboBox():
                return self.widget.currentNode()
            case _:
                return self.widget.value

    def write(self, value: Any) -> None:
        match self.widget:
            case qt.QComboBox():
                self.widget.currentIndex = list(self.choices).index(value)
            case qt.QCheckBox():
                self.widget.checked = value
            case qt.QLineEdit():
                self.widget.text = value
            case qMRMLNodeComboBox():
                self.widget.setCurrentNode(value)
            case _:
                self.widget.value = value


def parameterNodeWrapper(described: type) -> type:
    """Turn a class of annotated attributes into a view of a parameter node."""
    hints = typing.get_type_hints(described, include_extras=True)
    parameters = {}
    for name, annotated in hints.items():
        plain = (
            annotated.__origin__ if typing.get_origin(annotated) is typing.Annotated else annotated
        )
        is_node = isinstance(plain, type) and issubclass(plain, slicer.vtkMRMLNode)
        default = (
            getattr(described, name) if hasattr(described, name) else None if is_node else plain()
        )
        parameters[name] = _Parameter(name, annotated, default)

    class Wrapped(_Wrapper):
        _parameters = parameters

    for name in parameters:
        setattr(Wrapped, name, _value_of(name))
    Wrapped.__name__ = described.__name__
    return Wrapped


def _value_of(name: str) -> property:
    return property(
        lambda self: self.getValue(name), lambda self, value: self.setValue(name, value)
    )


class _Wrapper:
    _parameters: typing.ClassVar[dict[str, _Parameter]]

    def __init__(self, node: Any, prefix: str | None = None) -> None:
        self.parameterNode = node
        self._bound: dict[int, tuple[list[_Binding], int]] = {}
        self._writing = False
        for parameter in self._parameters.values():
            if not parameter.is_in(node):
                parameter.write(node, parameter.default)

    def getValue(self, name: str) -> Any:
        return self._parameters[name].read(self.parameterNode)

    def setValue(self, name: str, value: Any) -> None:
        self._parameters[name].write(self.parameterNode, value)

    def connectGui(self, gui: Any) -> int:
        bindings = []
        for widget in vars(gui).values():
            name = widget.property(_PROPERTY)
            if name:
                bindings.append(_Binding(widget, self._parameters[name]))
        for binding in bindings:
            binding.write(self.getValue(binding.parameter.name))
            binding.listen(lambda binding=binding: self._from_gui(binding))
        tag = len(self._bound)
        self._bound[tag] = (
            bindings,
            self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._to_gui(bindings)),
        )
        return tag

    def disconnectGui(self, tag: int) -> None:
        bindings, observed = self._bound.pop(tag)
        self.RemoveObserver(observed)
        for binding in bindings:
            binding.stop()

    def _from_gui(self, binding: _Binding) -> None:
        if not self._writing:
            self.setValue(binding.parameter.name, binding.read())

    def _to_gui(self, bindings: list[_Binding]) -> None:
        if self._writing:
            return
        self._writing = True
        try:
            for binding in bindings:
                binding.write(self.getValue(binding.parameter.name))
        finally:
            self._writing = False

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, modified: int) -> None:
        self.parameterNode.EndModify(modified)

    def AddObserver(self, event: Any, callback: Callable, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()
