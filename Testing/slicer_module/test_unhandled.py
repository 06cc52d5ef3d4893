"""The tests notice an exception that Qt or VTK swallows."""

import pytest
import qt
import slicer

from Testing.slicer_module.unhandled import nothing_unhandled


def broken(*_: object) -> None:
    raise ValueError("not handled")


def test_an_exception_in_a_slot_is_noticed():
    button = qt.QPushButton("x")
    button.connect("clicked()", broken)
    with pytest.raises(AssertionError, match="not handled"), nothing_unhandled():
        button.click()


def test_an_exception_in_an_observer_is_noticed():
    node = slicer.vtkMRMLTextNode()
    node.AddObserver("ModifiedEvent", broken)
    with pytest.raises(AssertionError, match="not handled"), nothing_unhandled():
        node.Modified()
