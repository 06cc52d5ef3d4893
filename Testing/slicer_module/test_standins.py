"""The stand-ins have no member that the real widgets lack.

Compares them with Slicer's headers where a checkout of Slicer is given.
"""

import os
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from Testing.standins import ctk_widgets, mrml_widgets

SOURCES = [
    Path(os.environ[name]) for name in ("SLICER_SOURCE", "CTK_SOURCE") if os.environ.get(name)
]
STANDINS = [
    getattr(module, name) for module in (ctk_widgets, mrml_widgets) for name in module.WIDGETS
]


def members(header: str) -> set[str]:
    """The members that PythonQt wraps: properties, slots, signals and invokable methods."""
    text = re.sub(r"//.*", "", header)
    names = set(re.findall(r"Q_PROPERTY\(\s*[\w:<>, ]+[\s*&]+(\w+)\s+(?:READ|MEMBER)", text))
    reachable = False
    for line in text.splitlines():
        if re.match(
            r"\s*(public|protected|private)?\s*(slots|Q_SLOTS|signals|Q_SIGNALS)\s*:", line
        ):
            reachable = not re.match(r"\s*(protected|private)", line)
        elif re.match(r"\s*(public|protected|private)\s*:", line):
            reachable = False
        elif reachable or "Q_INVOKABLE" in line:
            names |= set(re.findall(r"(\w+)\s*\(", line))
    return names


@pytest.mark.skipif(not SOURCES, reason="neither SLICER_SOURCE nor CTK_SOURCE names a checkout")
@pytest.mark.parametrize("standin", STANDINS, ids=lambda kind: kind.__name__)
def test_a_stand_in_has_no_member_that_the_real_widget_lacks(standin):
    header = next(
        (path for source in SOURCES for path in source.rglob(f"{standin.__name__}.h")), None
    )
    if header is None:
        pytest.skip(f"no checkout holds {standin.__name__}.h")
    own = {
        name for name in vars(standin) if not name.startswith("_") and not hasattr(QWidget, name)
    } - {"staticMetaObject"}
    assert own <= members(header.read_text(errors="ignore"))


def test_invented_members_would_be_found():
    assert "setMRMLScene" in members(
        "public slots:\n  virtual void setMRMLScene(vtkMRMLScene* scene);\n"
        "private:\n  void hidden();"
    )
    assert "hidden" not in members("public slots:\n  void shown();\nprivate:\n  void hidden();")
