"""What PythonQt wraps: members of Qt's, Slicer's and CTK's classes as Python sees them.

A class written in C++ has its properties, slots, signals and invokable methods, and those of its
bases; Qt's classes have in addition what PythonQt's generated wrappers hold.
"""

import functools
import re

from Testing.standins.sources import source_paths, source_text

_WRAPPERS = "generated_cpp_515/"


def members(header: str) -> set[str]:
    """The members that PythonQt wraps: properties, slots, signals and invokable methods."""
    return properties(header) | methods(header)


def properties(header: str) -> set[str]:
    """Members that are values, not methods."""
    return set(
        re.findall(r"Q_PROPERTY\(\s*[\w:<>, ]+[\s*&]+(\w+)\s+(?:READ|MEMBER)", _code(header))
    )


def methods(header: str) -> set[str]:
    """Slots, signals and invokable methods."""
    names: set[str] = set()
    reachable = False
    for line in _code(header).splitlines():
        if re.match(
            r"\s*(public|protected|private)?\s*(slots|Q_SLOTS|signals|Q_SIGNALS)\s*:", line
        ):
            reachable = not re.match(r"\s*(protected|private)", line)
        elif re.match(r"\s*(public|protected|private)\s*:", line):
            reachable = False
        elif reachable or "Q_INVOKABLE" in line:
            names |= set(re.findall(r"(\w+)\s*\(", line))
    return names


def signals(header: str) -> set[str]:
    """Signals as ``connect`` names them: their arguments' types, without ``const`` and ``&``."""
    found: set[str] = set()
    declares = False
    for line in _code(header).splitlines():
        if re.match(r"\s*(signals|Q_SIGNALS)\s*:", line):
            declares = True
        elif re.match(r"\s*(public|protected|private)\b", line):
            declares = False
        elif declares and (match := re.match(r"\s*void (\w+)\(([^)]*)\)", line)):
            types = [_type(argument) for argument in match[2].split(",") if argument.strip()]
            found.add(f"{match[1]}({','.join(types)})")
    return found


def _type(argument: str) -> str:
    """The type of an argument as Qt normalises it."""
    without_name = re.match(r"\s*(?:const\s+)?([\w:]+\s*\**)", argument)
    assert without_name
    return without_name[1].replace(" ", "")


@functools.cache
def header_of(name: str) -> str:
    """The header of a class of Slicer or CTK; empty where no sources hold it."""
    for repository in ("Slicer/Slicer", "commontk/CTK"):
        for path in source_paths(repository):
            if path.endswith(f"/{name}.h"):
                return source_text(repository, path)
    return ""


def family(name: str) -> list[str]:
    """The headers of a class and of the classes of Slicer and CTK that it inherits."""
    header = header_of(name)
    bases = re.findall(rf"class[ \w]*\b{name}\b[^;{{]*?:([^{{]*){{", header)
    names = re.findall(r"public\s+(\w+)", bases[0]) if bases else []
    return [header, *(other for base in names for other in family(base))] if header else []


@functools.cache
def decorated(name: str) -> set[str]:
    """The methods that Slicer's and CTK's decorators give a class in Python."""
    found: set[str] = set()
    for repository in ("Slicer/Slicer", "commontk/CTK"):
        for path in source_paths(repository):
            if path.endswith("PythonQtDecorators.h"):
                text = _code(source_text(repository, path))
                found |= set(re.findall(rf"static_{name}_(\w+)\(", text))
                found |= set(re.findall(rf"(\w+)\(\s*{name}\s*\*", text))
    return found


def functions(name: str) -> set[str]:
    """The methods of a class of Slicer or CTK, with those of its bases and its decorators."""
    return decorated(name).union(*map(methods, family(name)))


def qt_text(name: str) -> str:
    """PythonQt's wrapper of one of Qt's classes; empty for a class that it does not wrap."""
    return _wrappers().get(name, "")


@functools.cache
def qt_methods(name: str) -> set[str]:
    """The methods of PythonQt's wrapper of one of Qt's classes, without those of its bases."""
    found = re.findall(r"[\s*&](?:static_\w+?_)?(\w+)\(", qt_text(name))
    return {method.removeprefix(f"static_{name}_") for method in found}


@functools.cache
def _wrappers() -> dict[str, str]:
    classes = {}
    for path in source_paths("MeVisLab/pythonqt"):
        if path.startswith(_WRAPPERS) and path.endswith(".h"):
            parts = re.split(
                r"class PythonQtWrapper_(\w+) : ", source_text("MeVisLab/pythonqt", path)
            )
            classes.update(zip(parts[1::2], parts[2::2], strict=True))
    return classes


def _code(header: str) -> str:
    return re.sub(r"//.*", "", header)
