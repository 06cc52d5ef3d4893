"""Which of a folder's stacks is read: the only one, or the one that the user names."""

from collections.abc import Sequence

from HermesLib.errors import HermesError
from HermesLib.io.dicom.stacks import Stack
from HermesLib.notices import notice

#: A stack this short beside one of at least so many times its slices is a scout or a stray.
_SHORT, _TIMES = 3, 3
#: How many stacks a message lists.
_LISTED = 20


def choose(stacks: Sequence[Stack], wanted: str | None = None) -> Stack:
    """The stack to read.

    Without a wish, it is the only one that is more than a scout, which is said.

    Args:
        stacks: of the folder.
        wanted: number in the list of stacks, from 1, or a series' UID.

    Raises:
        HermesError: several, none, or not the one that was asked for; the message lists them.
    """
    stacks = listed(stacks)
    if wanted is not None:
        return _wanted(stacks, wanted.strip())
    if len(stacks) == 1:
        return stacks[0]
    serious = [stack for stack in stacks if not _is_scout(stack, stacks)]
    if len(serious) != 1:
        raise HermesError(f"the folder holds {len(stacks)} volumes; {_offer(stacks)}")
    taken = serious[0]
    notice(
        "series-chosen",
        f"the folder holds {len(stacks)} volumes; number {stacks.index(taken) + 1} was taken"
        f" ({_slices(taken)}), as the others are scouts or hold at most {_SHORT} slices;"
        " --series takes another",
    )
    return taken


def listed(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks in the order of their numbers.

    Pictures without a place, such as screenshots, are left out where there is anything else.
    """
    sound = [stack for stack in stacks if not stack.problem]
    chosen_from = sound or list(stacks)
    return sorted(chosen_from, key=lambda stack: _series_number(stack))


def describe(stack: Stack) -> str:
    """A stack in a list: description, modality, slices and size; nothing of the patient."""
    first = stack.first
    rows, columns = first.size
    what = ", ".join(part for part in (first.description, *stack.labels) if part)
    scout = "scout, " if stack.scout else ""
    size = f"{first.modality or 'image'}, {scout}{_slices(stack)} of {columns} x {rows}"
    return f"{what} ({size})" if what else size


def _wanted(stacks: list[Stack], wanted: str) -> Stack:
    if wanted.isdecimal() and 1 <= int(wanted) <= len(stacks):
        return stacks[int(wanted) - 1]
    found = [stack for stack in stacks if stack.first.series == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = {id(stack): number for number, stack in enumerate(stacks, start=1)}
        listing = "; ".join(f"{numbers[id(stack)]} = {describe(stack)}" for stack in found)
        raise HermesError(
            f"series {wanted} holds {len(found)} volumes; choose one with --series: {listing}"
        )
    raise HermesError(f"there is no series {wanted}; {_offer(stacks)}")


def _offer(stacks: Sequence[Stack]) -> str:
    listing = "; ".join(
        f"{number} = {describe(stack)}" for number, stack in enumerate(stacks[:_LISTED], start=1)
    )
    more = f"; and {len(stacks) - _LISTED} more" if len(stacks) > _LISTED else ""
    return f"choose one with --series: {listing}{more}"


def _is_scout(stack: Stack, stacks: Sequence[Stack]) -> bool:
    if stack.scout:
        return True
    longest = max(len(other.frames) for other in stacks if not other.scout)
    count = len(stack.frames)
    return count <= _SHORT and count * _TIMES <= longest


def _series_number(stack: Stack) -> tuple[float, str]:
    number = stack.first.series_number
    return float("inf") if number is None else number, stack.first.series


def _slices(stack: Stack) -> str:
    count = len(stack.frames)
    return "1 slice" if count == 1 else f"{count} slices"
