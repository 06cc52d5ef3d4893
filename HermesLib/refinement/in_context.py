"""Slices of a volume as examples for those that follow.

The rule: the slices that show the organ are refined one at a time, from the middle of their run
outwards, at equal distance the lower index first. A slice that is accepted becomes an example of
all that come after it, with the mask that is its result. A slice's examples are chosen when its
turn comes and stay the same while it is refined: the accepted slices, nearest first, and the given
examples, most similar first, are taken in turn until there are enough. So a slice's result follows
from the selection of slices, the given examples and the seed, not from how many slices are
computed at once, nor on which device.
"""

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.prompts.examples import Example, most_examples, with_context, with_examples
from HermesLib.prompts.similarity import most_similar, thumbnail
from HermesLib.prompts.types import Prompt
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.order import middle_out
from HermesLib.refinement.refiner import Refiner


@dataclass(frozen=True, eq=False)
class ExampleSources:
    """Where the examples of a volume's slices come from, besides its own refinement.

    Attributes:
        given: examples of other cases.
        accepted: masks (H, W, bool) by slice index, of slices that an earlier try of the same run
            has finished and accepted.
    """

    given: Sequence[Example] = ()
    accepted: Mapping[int, np.ndarray] = field(default_factory=dict)


def choose_examples(
    image: np.ndarray,
    index: int,
    accepted: Sequence[Example],
    given: Sequence[Example],
    thumbnails: Sequence[np.ndarray],
    most: int,
) -> list[Example]:
    """The examples of a slice, by the rule above.

    Args:
        image: (H, W), the slice.
        index: of the slice in the volume.
        accepted: slices of the volume.
        given: of other cases.
        thumbnails: of the given ones.
        most: how many there are at most.
    """
    nearest = sorted(accepted, key=lambda one: (abs(one.number - index), one.number))
    similar = [given[place] for place in most_similar(image, thumbnails, most)]
    in_turn = chain.from_iterable(zip_longest(nearest, similar))
    return [example for example in in_turn if example is not None][:most]


def refine_in_context(
    refiner: Refiner,
    observation: Observation,
    indices: Sequence[int],
    present: torch.Tensor | None,
    sources: ExampleSources,
    *,
    truth: torch.Tensor | None = None,
    initial_masks: torch.Tensor | None = None,
    first_prompt: Prompt | None = None,
    finished: Collection[int] = (),
    device: torch.device | None = None,
) -> Iterator[Iteration]:
    """Refine slices one at a time, each with the examples that there are when its turn comes.

    Arguments as in :func:`HermesLib.refinement.volume.refine_volume`; the strategy of ``refiner``
    takes examples.
    """
    most = most_examples(refiner.strategy)
    assert most is not None
    thumbnails = [thumbnail(example.image) for example in sources.given]
    accepted: list[Example] = []
    # A user's prompt implies that every slice shows the organ.
    shown = None if first_prompt is not None else present
    for row in middle_out(indices, shown, refiner.quality.presence_rule):
        index = indices[row]
        image = own_slice(observation.images[row : row + 1])[0, 0].cpu().numpy()
        if index in finished:
            if index in sources.accepted:
                accepted.append(Example(index, image, sources.accepted[index]))
            continue
        context = choose_examples(image, index, accepted, sources.given, thumbnails, most)
        one = copy.copy(refiner)
        one.strategy = with_context(refiner.strategy, context)
        for event in one.refine(
            observation.select([row]).to(device),
            [index],
            truth=_row(truth, row),
            initial_masks=_row(initial_masks, row),
            first_prompt=first_prompt and with_examples(first_prompt, context),
            present=_row(present, row),
        ):
            if event.status is Status.ACCEPTED:
                accepted.append(Example(index, image, event.mask))
            yield event


def _row(values: torch.Tensor | None, row: int) -> torch.Tensor | None:
    return None if values is None else values[row : row + 1]
