"""What HermesSegment uses of Slicer and Qt, found in its code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"
#: Classes behind variables that hold a Qt object, by file and name.
_BY_NAME = {
    ("coloured_text.py", "palette"): "QPalette",
    ("inputs_section.py", "combo"): "QComboBox",
    ("inputs_section.py", "items"): "QStandardItemModel",
    ("run_control.py", "self._timer"): "QTimer",
    ("segment_editor.py", "self._button"): "QPushButton",
    ("shortcuts.py", "shortcut"): "QShortcut",
    ("slice_table.py", "strip"): "QTableWidget",
    ("slice_table.py", "table"): "QTableWidget",
    **{
        (file, "button"): "QPushButton"
        for file in ("export_section.py", "panel.py", "review_display.py", "review_section.py")
    },
}


@dataclass(frozen=True)
class Use:
    """One use of a member.

    Attributes:
        owner: the class, or the path of names such as ``slicer.util``.
        member: its member.
        place: file and line.
        called: whether it is called, and how: the number of values and the names of the others.
    """

    owner: str
    member: str
    place: str
    called: tuple[int, tuple[str, ...]] | None


@cache
def widgets() -> dict[str, str]:
    """The class of each widget in the .ui file."""
    text = (MODULE / "Resources" / "UI" / "HermesSegment.ui").read_text(encoding="utf-8")
    return {name: kind for kind, name in re.findall(r'<widget class="(\w+)" name="(\w+)"', text)}


def uses_of_widgets() -> set[Use]:
    """All uses of members of widgets and other Qt objects."""
    return {
        Use(owner, node.attr, place, called)
        for node, place, called in _attributes()
        if (owner := _class_of(node.value, place.partition(":")[0])) is not None
    }


def uses_of(path: str) -> set[Use]:
    """All uses of what lies below a path of names such as ``slicer.util`` or ``qt``."""
    return {
        Use(path, node.attr, place, called)
        for node, place, called in _attributes()
        if ast.unparse(node.value) == path
    }


def connections() -> set[tuple[str, str, str]]:
    """Class, signal and place of every connection of a widget that is known by name."""
    found = set()
    for tree, file in _trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = _class_of(node.func.value, file)
            if node.func.attr == "connect" and owner is not None:
                signal = ast.literal_eval(node.args[0])
                found.add((owner, signal, f"{file}:{node.lineno}"))
    return found


def _class_of(value: ast.expr, file: str) -> str | None:
    if isinstance(value, ast.Attribute) and re.search(r"(^|\.)ui$", ast.unparse(value.value)):
        return widgets()[value.attr]
    return _BY_NAME.get((file, ast.unparse(value)))


def _attributes() -> Iterator[tuple[ast.Attribute, str, tuple[int, tuple[str, ...]] | None]]:
    for tree, file in _trees():
        calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                call = calls.get(id(node))
                names = () if call is None else tuple(key.arg or "**" for key in call.keywords)
                yield (
                    node,
                    f"{file}:{node.lineno}",
                    None if call is None else (len(call.args), names),
                )


@cache
def _trees() -> tuple[tuple[ast.Module, str], ...]:
    return tuple(
        (ast.parse(path.read_text(encoding="utf-8")), path.name)
        for path in sorted(MODULE.rglob("*.py"))
    )
