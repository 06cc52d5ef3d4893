"""Frames sorted into stacks: each position once, all slices alike, in the order of space.

Nothing is taken from file names or instance numbers that positions and attributes can say.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from HermesLib.io.dicom.attributes import names_in, value_text
from HermesLib.io.dicom.frame import Frame

#: Directions of the slices of one stack differ by at most this, as cosine of 1 degree. What that
#: means in mm is checked once the stack is to be read.
_SAME_DIRECTION = np.cos(np.radians(1.0))
#: Slices are at one position if they are closer than this, mm, and than this share of a usual gap.
_CLOSE, _CLOSE_SHARE = 0.01, 0.05

#: What anonymisers leave that give every file UIDs of its own.
_OWN_SPACES = (
    "names another frame of reference for each slice, so that nothing says how they lie to each"
    " other; export the series again"
)

#: A checksum of a frame's stored pixels, for comparing them.
Content = Callable[[Frame], str]


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that may form a volume.

    Attributes:
        frames: in the direction of their normal; as found where they have no position.
        labels: what tells it from other stacks of its series.
        copies: how many further files hold slices of it once more.
        problem: why it cannot be read; "" for none.
    """

    frames: tuple[Frame, ...]
    labels: tuple[str, ...] = ()
    copies: int = 0
    problem: str = ""

    @property
    def first(self) -> Frame:
        """Any frame, for what all have in common."""
        return self.frames[0]

    @property
    def scout(self) -> bool:
        """Whether all its slices call themselves localizers."""
        return all(frame.scout for frame in self.frames)


def sort_into_stacks(frames: Sequence[Frame], content: Content) -> list[Stack]:
    """All stacks of a folder, series by series.

    Args:
        frames: of the folder, in the order of the files' names.
        content: gives the checksum of a frame's pixels; asked for frames at one position only.
    """
    stacks: list[Stack] = []
    for series in _grouped(frames, lambda frame: frame.identity):
        broken = [frame for frame in series if frame.problem]
        for alike in _grouped(broken, lambda frame: frame.problem):
            stacks.append(Stack(tuple(alike), problem=alike[0].problem))
        sound = [frame for frame in series if not frame.problem]
        if _each_in_a_space_of_its_own(sound):
            stacks.append(Stack(tuple(sound), problem=_OWN_SPACES))
            continue
        found = [stack for group in _alike(sound) for stack in _split(_sorted(group), (), content)]
        stacks += _without_copies(_told_apart(found), content)
    return stacks


def _each_in_a_space_of_its_own(frames: Sequence[Frame]) -> bool:
    """Whether no two of several frames are said to lie in one space."""
    return len(frames) > 2 and len({frame.frame_of_reference for frame in frames}) == len(frames)


def _alike(frames: Iterable[Frame]) -> list[list[Frame]]:
    """Frames of the same size, spacing, space and direction; scouts apart from others."""
    groups: list[list[Frame]] = []
    for frame in frames:
        for group in groups:
            if _is_alike(group[0], frame):
                group.append(frame)
                break
        else:
            groups.append([frame])
    return groups


def _is_alike(a: Frame, b: Frame) -> bool:
    assert a.spacing is not None and b.spacing is not None
    assert a.orientation is not None and b.orientation is not None
    return (
        a.size == b.size
        and a.scout == b.scout
        and a.frame_of_reference == b.frame_of_reference
        and np.allclose(a.spacing, b.spacing, rtol=1e-3, atol=0)
        and bool(((a.orientation * b.orientation).sum(axis=1) >= _SAME_DIRECTION).all())
    )


def _sorted(frames: Sequence[Frame]) -> list[Frame]:
    normal = frames[0].normal
    place = {id(frame): order for order, frame in enumerate(frames)}
    return sorted(
        frames,
        key=lambda frame: (
            round(float(_position(frame) @ normal), 4),
            np.inf if frame.instance is None else frame.instance,
            place[id(frame)],
        ),
    )


def _position(frame: Frame) -> np.ndarray:
    assert frame.position is not None
    return frame.position


def _repeated(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Sorted frames by position: one list for each place."""
    along = np.array([_position(frame) @ frames[0].normal for frame in frames])
    gaps = np.diff(along)
    usual = gaps[gaps > _CLOSE]
    close = max(_CLOSE, _CLOSE_SHARE * float(np.median(usual))) if len(usual) else _CLOSE
    places = [[frames[0]]]
    for frame, gap in zip(frames[1:], gaps, strict=True):
        if gap <= close:
            places[-1].append(frame)
        else:
            places.append([frame])
    return places


def _split(frames: list[Frame], labels: tuple[str, ...], content: Content) -> list[Stack]:
    """Stacks with one slice at each place."""
    places = _repeated(frames)
    most = max(map(len, places))
    if most == 1:
        return [Stack(tuple(frames), labels)]
    for name in names_in({key: 0 for frame in frames for key in frame.attributes}):
        parts = _grouped(frames, lambda frame, name=name: frame.attributes.get(name))  # type: ignore[misc]
        tells_apart = any(_differs(place, name) for place in places)
        if not tells_apart or len(parts) > most:
            continue
        if max(max(map(len, _repeated(part))) for part in parts) >= most:
            continue
        parts.sort(key=lambda part: _sortable(part[0].attributes.get(name)))
        stacks: list[Stack] = []
        for place, part in enumerate(parts, start=1):
            text = value_text(name, part[0].attributes.get(name), place, len(parts))
            stacks += _split(part, (*labels, text), content)
        return stacks
    return _split_without_attributes(places, labels, content)


def _split_without_attributes(
    places: list[list[Frame]], labels: tuple[str, ...], content: Content
) -> list[Stack]:
    """Slices stored twice count once; else, the order of instance numbers makes parts."""
    different = [_different(place, content) for place in places]
    copies = sum(map(len, places)) - sum(map(len, different))
    counts = {len(place) for place in different}
    if counts == {1}:
        return [Stack(tuple(place[0] for place in different), labels, copies)]
    if len(counts) == 1 and _numbered(different):
        count = counts.pop()
        return [
            Stack(
                tuple(place[part] for place in different),
                (*labels, f"part {part + 1} of {count} in order of instance numbers"),
            )
            for part in range(count)
        ]
    frames = tuple(frame for place in different for frame in place)
    twice = sum(len(place) > 1 for place in different)
    problem = (
        f"has {twice} positions with several different slices, and nothing that tells them apart"
    )
    return [Stack(frames, labels, copies, problem)]


def _differs(place: Sequence[Frame], name: str) -> bool:
    return len({frame.attributes.get(name) for frame in place}) > 1


def _numbered(places: Iterable[Sequence[Frame]]) -> bool:
    """Whether instance or frame numbers order the frames of every place."""
    for place in places:
        numbers = {frame.number if frame.instance is None else frame.instance for frame in place}
        if None in numbers or len(numbers) < len(place):
            return False
    return True


def _different(place: Sequence[Frame], content: Content) -> list[Frame]:
    """The frames of a place, each content once."""
    if len(place) == 1:
        return list(place)
    first = {_digest(frame, content): frame for frame in reversed(place)}
    return [frame for frame in place if first[_digest(frame, content)] is frame]


def _digest(frame: Frame, content: Content) -> tuple[Hashable, ...]:
    return content(frame), frame.slope, frame.intercept, frame.inverted


def _told_apart(stacks: list[Stack]) -> list[Stack]:
    """Stacks of one series with labels for the planes, where they differ in them."""
    planes = [_plane(stack.first) for stack in stacks]
    if len(set(planes)) < 2:
        return stacks
    return [
        replace(stack, labels=(plane, *stack.labels))
        for stack, plane in zip(stacks, planes, strict=True)
    ]


def _plane(frame: Frame) -> str:
    """The plane nearest to a frame's."""
    return ("sagittal", "coronal", "axial")[int(np.abs(frame.normal).argmax())]


def _without_copies(stacks: list[Stack], content: Content) -> list[Stack]:
    """Without stacks whose slices all lie in a larger stack of the series already."""
    kept: list[Stack] = []
    for stack in sorted(stacks, key=lambda stack: -len(stack.frames)):
        for number, larger in enumerate(kept):
            if not (stack.problem or larger.problem) and _is_copy(stack, larger, content):
                kept[number] = replace(larger, copies=larger.copies + len(stack.frames))
                break
        else:
            kept.append(stack)
    order = {id(stack.first): place for place, stack in enumerate(stacks)}
    return sorted(kept, key=lambda stack: order[id(stack.first)])


def _is_copy(stack: Stack, larger: Stack, content: Content) -> bool:
    if not _is_alike(stack.first, larger.first):
        return False
    for frame in stack.frames:
        same_place = [
            other
            for other in larger.frames
            if np.linalg.norm(_position(frame) - _position(other)) <= _CLOSE
        ]
        if not any(_digest(frame, content) == _digest(other, content) for other in same_place):
            return False
    return True


def _grouped(frames: Iterable[Frame], key: Callable[[Frame], Hashable]) -> list[list[Frame]]:
    groups: defaultdict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return list(groups.values())


def _sortable(value: Hashable) -> tuple[str, Hashable]:
    """For sorting values of any type: by type, then by value."""
    if value is None or isinstance(value, tuple):
        return type(value).__name__, str(value)
    return type(value).__name__, value
