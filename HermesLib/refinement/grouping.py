"""Which slices a call of a network takes together."""

from collections.abc import Sequence

from HermesLib.models.protocol import Embedding
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.slice_state import SliceState


def groups(active: Sequence[SliceState], *, together: bool) -> list[list[SliceState]]:
    """Slices in groups, a call of each network for each group.

    First masks are evidence of another kind than those that follow from a pGT, so slices that have
    just entered are not in one group with others.

    Matrix products of another size add up in another order, so the last bits of a slice's result
    depend on the others of its group. On a CPU, where a group gains little, ``together`` is for
    those who ask for it.

    Args:
        active: slices that have entered and are not finished.
        together: on a CPU too; else each is a group of its own there.
    """
    if not together and all(observed(state).images.device.type == "cpu" for state in active):
        return [[state] for state in active]
    further = [state for state in active if state.iteration > 0]
    first = [state for state in active if state.iteration == 0]
    return [group for group in (further, first) if group]


def observed(state: SliceState) -> Observation:
    """What was observed of a slice that has entered."""
    assert state.observation is not None
    return state.observation


def joined_embedding(group: Sequence[SliceState]) -> Embedding | None:
    """The embedding of a group; None where a slice of it has none."""
    parts = [state.embedding for state in group if state.embedding is not None]
    return Embedding.join(parts) if len(parts) == len(group) else None
