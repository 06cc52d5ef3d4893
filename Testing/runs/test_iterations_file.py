"""All iterations of a run on disk, as a reader goes through them later."""

import numpy as np
import pytest

from HermesLib.errors import HermesError
from HermesLib.io.orientation import SliceAxes
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import History
from HermesLib.runs.iterations_file import FILE_NAME, read_iterations, write_iterations
from Testing.report.runs import HEIGHT, WIDTH, slice_events

AXES = SliceAxes((1, 2, 0), (True, False, False))
SHAPE = (9, HEIGHT, WIDTH)


@pytest.fixture
def events():
    return [
        *slice_events(3, [0.4, 0.95], Status.ACCEPTED, "scribbles"),
        *slice_events(4, [0.3], Status.STOPPED, "clicks"),
        *slice_events(5, [0.1], Status.ABSENT, None, empty=True),
    ]


@pytest.fixture
def folder(events, tmp_path):
    history = History()
    for event in events:
        history.add(event)
    write_iterations(tmp_path, history.results(), SHAPE, AXES)
    return tmp_path


def test_iterations_come_back_as_they_were(events, folder):
    stored = read_iterations(folder)
    assert (stored.shape, stored.axes, stored.slice_indices) == (SHAPE, AXES, (3, 4, 5))
    read = list(stored)
    assert len(read) == len(events)
    for before, after in zip(events, read, strict=True):
        assert np.array_equal(before.mask, after.mask) and np.array_equal(before.pgt, after.pgt)
        numbers = [vars(event.without_arrays()) for event in (before, after)]
        for name in ("pdsc", "pdsc_low", "pdsc_high", "dsc", "status", "seconds", "borderline"):
            assert numbers[0][name] == numbers[1][name], name
        plain = [event.prompt and event.prompt.to_plain() for event in (before, after)]
        assert plain[0] == plain[1]


@pytest.mark.parametrize("damage", ["cut", "text", "swapped", "gone"])
def test_a_damaged_file_is_refused_in_one_line(folder, damage):
    path = folder / FILE_NAME
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "swapped":
        np.savez(path, numbers=np.zeros(3, np.uint8), content=np.zeros(3), ends=np.zeros(3))
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"no archive")
    with pytest.raises(HermesError, match=FILE_NAME) as refused:
        list(read_iterations(folder))
    assert "\n" not in str(refused.value)


def test_nothing_in_the_file_is_run(folder):
    """Pickled objects in an archive would be."""
    np.savez(folder / FILE_NAME, numbers=np.array([object()], object), content=0, ends=0)
    with pytest.raises(HermesError, match="damaged"):
        read_iterations(folder)
