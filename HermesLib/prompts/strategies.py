"""How prompts of each kind are first drawn and then refined."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.prompts.boxes import BoxStrategy
from HermesLib.prompts.clicks import ClickStrategy
from HermesLib.prompts.scribbles import ScribbleStrategy
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt


class PromptStrategy(Protocol):
    """Draws the prompts of one kind."""

    @property
    def kind(self) -> str:
        """The kind of prompt."""
        ...

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Prompt:
        """The first prompt on a slice of that shape, drawn without a look at it."""
        ...

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Prompt:
        """The next prompt from the present mask and its pseudo ground truth (H, W, bool).

        ``first_refinement``: this is the slice's first refinement. ``previous`` is None where the mask came from no prompt.

        Raises:
            ValueError: an empty pseudo ground truth; the loop draws it again or reports the slice as failed.
        """
        ...


STRATEGIES: dict[str, Callable[[PromptSettings], PromptStrategy]] = {
    BoxStrategy.kind: lambda settings: BoxStrategy(settings.padding),
    ScribbleStrategy.kind: lambda settings: ScribbleStrategy(keep_first=settings.keep_first),
    ClickStrategy.kind: lambda settings: ClickStrategy(),
}


def strategy_for(kind: str, settings: PromptSettings | None = None) -> PromptStrategy:
    """The strategy of a prompt kind.

    Raises:
        HermesError: no such kind.
    """
    if kind not in STRATEGIES:
        raise HermesError(f"unknown prompt kind '{kind}'; choose {', '.join(STRATEGIES)}")
    return STRATEGIES[kind](settings or PromptSettings())
