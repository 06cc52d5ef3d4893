"""Slicer's main thread between two turns of a timer: it waits in Qt and keeps Python's lock.

PythonQt takes the interpreter lock when Slicer starts and calls Python from Qt's event loop without
giving it back, so other threads run only while the main thread is inside Python. PySide6 gives the
lock back around the event loop and hides that.

``engine/test_kept_lock.py`` holds this against MeVisLab/pythonqt and Slicer.
"""

import ctypes
import ctypes.util

# PyDLL calls a function without giving the lock back.
_LIBC = ctypes.PyDLL(ctypes.util.find_library("c"))


def wait_in_event_loop(milliseconds: int) -> None:
    """What a thread notices of a turn of Qt's event loop."""
    _LIBC.usleep(1000 * milliseconds)
