"""What is sent to nnInteractive, in which order and on which axes."""

import numpy as np
import pytest

from HermesLib.errors import ComputerError, HermesError
from HermesLib.models.nninteractive.adapter import NnInteractive
from HermesLib.models.volume_protocol import VolumeImage
from HermesLib.prompts.volume import BoxOnSlice, InitialMask, Points3D
from HermesLib.prompts.volume_drawn import Lasso, StrokesOnSlice

SPACING = (3.0, 0.5, 0.5)


@pytest.fixture
def session(remote, intensities):
    image = VolumeImage(intensities, np.zeros_like(intensities), SPACING)
    session = NnInteractive.connect().open(image, range(4, 9))
    yield session
    session.close()


def centre(mask: np.ndarray) -> list[int]:
    return np.rint(np.argwhere(mask).mean(0)).astype(int).tolist()


def test_the_image_goes_as_it_was_acquired_before_anything_else(remote, session, intensities):
    names = [name for name, _ in remote.SERVER.calls]
    assert names == ["set_image", "set_target_buffer"]
    (image,) = remote.SERVER.calls[0][1]
    assert (image[0] == intensities).all()


def test_points_keep_the_order_slice_row_column(remote, session):
    voxel = np.array([[5, 11, 20]])
    added = session.predict([Points3D(positive=voxel)])
    assert added.dtype == bool and added.shape == (18, 24, 30)
    assert centre(added) == [5, 11, 20]
    assert remote.SERVER.calls[-1][1] == ((5, 11, 20), True, True)
    removed = session.predict([Points3D(negative=voxel)])
    assert not removed.any() and added.any(), "an earlier answer changed"


@pytest.mark.parametrize("kind", [StrokesOnSlice, Lasso])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_strokes_and_lassos_land_where_they_were_drawn_on_all_three_axes(session, axis, kind):
    pixels = np.ones((3, 5), bool)
    offset = (7, 9)
    added = session.predict([kind(axis, 8, pixels, offset)])
    expected = [8, 11]
    expected.insert(axis, 8)
    assert centre(added) == expected
    removed = session.predict([kind(axis, 8, pixels, offset, positive=False)])
    assert not removed[tuple(expected)]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_boxes_are_flat_in_their_plane(session, axis):
    box = BoxOnSlice(axis, 4, (2, 6), (3, 9))
    added = session.predict([box])
    window = tuple(slice(*limits) for limits in box.bounds)
    assert added[window].all() and added.sum() == 4 * 6


def test_an_initial_mask_is_a_call_of_its_own_only_where_nothing_follows(remote, session):
    mask = np.zeros((18, 24, 30), bool)
    mask[4:9, 6:12, 6:12] = True
    session.predict([InitialMask(mask)])
    assert remote.SERVER.calls[-1][1][1] is True
    answer = session.predict([InitialMask(mask), Points3D(positive=np.array([[14, 20, 24]]))])
    names = [name for name, _ in remote.SERVER.calls[-2:]]
    assert names == ["add_initial_seg_interaction", "add_point_interaction"]
    assert remote.SERVER.calls[-2][1][1] is False
    assert answer[mask].all() and answer[14, 20, 24]


def test_prompts_outside_the_volume_are_never_sent(remote, session):
    sent = len(remote.SERVER.calls)
    for prompts in ([], [Points3D(positive=np.array([[18, 0, 0]]))]):
        with pytest.raises(ValueError):
            session.predict(prompts)
    assert len(remote.SERVER.calls) == sent


def test_after_a_reset_the_next_prompt_starts_from_nothing(session):
    session.predict([Points3D(positive=np.array([[5, 5, 5]]))])
    session.reset()
    again = session.predict([Points3D(positive=np.array([[14, 18, 24]]))])
    assert not again[5, 5, 5] and again[14, 18, 24]


def test_a_session_that_the_server_ended_goes_on_where_it_was(remote, session):
    session.predict([Points3D(positive=np.array([[5, 5, 5]]))])
    remote.SERVER.failures["add_point_interaction"] = remote.SessionExpiredError()
    answer = session.predict([Points3D(positive=np.array([[14, 18, 24]]))])
    assert answer[5, 5, 5] and answer[14, 18, 24]
    names = [name for name, _ in remote.SERVER.calls[-4:]]
    assert names == [
        "set_image",
        "set_target_buffer",
        "add_initial_seg_interaction",
        "add_point_interaction",
    ]
    remote.SERVER.failures["reset_interactions"] = remote.SessionExpiredError()
    session.reset()
    assert not session.predict([Points3D(negative=np.array([[5, 5, 5]]))]).any()


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (lambda httpx: httpx.TransportError("reset"), ComputerError, "connection .* was lost"),
        (lambda httpx: httpx.TimeoutException("slow"), ComputerError, "HERMES_GIVE_UP_AFTER"),
        (lambda httpx: httpx.HTTPStatusError(500), ComputerError, "its own log says why"),
        (lambda httpx: httpx.HTTPStatusError(413), HermesError, "too large"),
        (
            lambda httpx: httpx.HTTPStatusError(400, "no\nsuch\x1b prompt " + "x" * 500),
            HermesError,
            r"HTTP 400: no such prompt x{50,110}\)$",
        ),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_clear_line(remote, session, failure, kind, message):
    remote.SERVER.failures["add_point_interaction"] = failure(remote.httpx)
    with pytest.raises(kind, match=message) as raised:
        session.predict([Points3D(positive=np.array([[5, 5, 5]]))])
    assert "\n" not in str(raised.value) and str(raised.value).isprintable()
