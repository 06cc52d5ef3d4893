"""Examples as a prompt: other slices with their masks show a model what to segment.

The examples are slices of the volume at hand that were accepted before, slices of other cases that
the user gives, and, from the first refinement on, the slice itself with its pseudo ground truth
(pGT). Which ones a slice gets is decided in :mod:`HermesLib.refinement.in_context`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from HermesLib.prompts.mixed import Mixed, MixedStrategy, mix
from HermesLib.prompts.registry import split_kind
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import Prompt, PromptMarks, PromptStrategy

#: In place of pixels, in prompts that were stored: reports and histories name the examples only.
_NO_PIXELS = np.zeros((0, 0), np.float32)
_NO_PIXELS.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Example:
    """A slice with its mask.

    Attributes:
        number: index of the slice in the volume at hand; of a given example, its place in the
            list of them.
        image: (H, W) float32 in 0..1, normalised as the preset says; (0, 0) in a stored prompt.
        mask: (H, W) bool.
        given: whether it comes from a case that the user gives, not from the volume at hand.
        patient: whose slice it is; examples of one patient have one name. Not in reports.
    """

    number: int
    image: np.ndarray = field(default_factory=lambda: _NO_PIXELS)
    mask: np.ndarray = field(default_factory=lambda: _NO_PIXELS.astype(bool))
    given: bool = False
    patient: str = ""


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of one slice.

    Attributes:
        context: other slices.
        own: (H, W) bool, the prompted slice's own pGT; None before there is one.
    """

    kind: ClassVar[str] = "examples"
    context: tuple[Example, ...] = ()
    own: np.ndarray | None = None

    @property
    def slices(self) -> list[int]:
        """Indices of the accepted slices among the examples."""
        return [example.number for example in self.context if not example.given]

    @property
    def given(self) -> list[int]:
        """Places of the given ones among the user's examples."""
        return [example.number for example in self.context if example.given]

    @property
    def has_pixels(self) -> bool:
        """Whether a model can work with it; a stored prompt only names its examples."""
        rasters = [example.image for example in self.context]
        if self.own is not None:
            rasters.append(self.own)
        return all(raster.size for raster in rasters)

    def to_plain(self) -> dict[str, Any]:
        """``slices`` and ``given``: which they are; ``own_pgt``: whether its own pGT is one."""
        return {
            "kind": self.kind,
            "slices": self.slices,
            "given": self.given,
            "own_pgt": self.own is not None,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], shape: tuple[int, int]) -> "Examples":
        """The names of the examples, without pixels.

        Raises:
            TypeError, ValueError: values that are not whole numbers.
        """
        slices, given = (_whole(plain.get(name, [])) for name in ("slices", "given"))
        return cls._named(slices, given, bool(plain.get("own_pgt", False)))

    def summary(self) -> dict[str, Any]:
        """As :meth:`to_plain`."""
        return self.to_plain()

    def arrays(self) -> dict[str, np.ndarray]:
        """``slices`` and ``given``: int64; ``own_pgt``: (1,) bool."""
        return {
            "slices": np.array(self.slices, np.int64),
            "given": np.array(self.given, np.int64),
            "own_pgt": np.array([self.own is not None]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Examples":
        """The names of the examples, without pixels."""
        own = bool(arrays["own_pgt"][0])
        return cls._named(arrays["slices"].tolist(), arrays["given"].tolist(), own)

    def marks(self) -> PromptMarks:
        """Nothing: examples mark nothing on the slice."""
        return PromptMarks()

    @classmethod
    def from_marks(cls, marks: PromptMarks, shape: tuple[int, int]) -> "Examples":
        """No examples: nobody draws them; the run adds its own."""
        return cls()

    @classmethod
    def _named(cls, slices: Sequence[int], given: Sequence[int], own: bool) -> "Examples":
        context = [Example(number) for number in slices]
        context += [Example(number, given=True) for number in given]
        return cls(tuple(context), _NO_PIXELS.astype(bool) if own else None)


@dataclass(frozen=True)
class ExamplesStrategy:
    """The context first; then, with it, the slice itself with its newest pGT.

    Attributes:
        most: how many examples a slice gets besides itself.
        context: of the slice at hand; see :func:`with_context`.
    """

    kind = Examples.kind
    most: int = PromptSettings.most_examples
    context: tuple[Example, ...] = ()

    @classmethod
    def from_settings(cls, settings: PromptSettings) -> "ExamplesStrategy":
        """The strategy that a user's settings describe."""
        return cls(settings.most_examples)

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Examples:
        """The context alone, which may be empty."""
        return Examples(self.context)

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Examples:
        """The context, and the slice itself with its pGT.

        Raises:
            ValueError: an empty pGT.
        """
        if not pgt.any():
            raise ValueError("an empty pseudo ground truth prompts nothing")
        return Examples(self.context, pgt)


def examples_of(prompt: Prompt | None) -> Examples | None:
    """The examples in a prompt, mixed or not; None if there are none."""
    if isinstance(prompt, Mixed):
        prompt = prompt.part(Examples.kind)
    return prompt if isinstance(prompt, Examples) else None


def follows_from_results(prompt: Prompt | None) -> bool:
    """Whether a prompt holds accepted slices or a pGT: masks that a quality control had a part in.

    What such a prompt leads to is no evidence independent of that quality control.
    """
    examples = examples_of(prompt)
    return examples is not None and (bool(examples.slices) or examples.own is not None)


def most_examples(strategy: PromptStrategy) -> int | None:
    """How many examples a strategy wants for a slice; None if it has no use for any."""
    parts = strategy.parts if isinstance(strategy, MixedStrategy) else (strategy,)
    return next((part.most for part in parts if isinstance(part, ExamplesStrategy)), None)


def with_context(strategy: PromptStrategy, context: Sequence[Example]) -> PromptStrategy:
    """The same strategy for a slice with these examples."""
    if isinstance(strategy, MixedStrategy):
        return MixedStrategy(tuple(with_context(part, context) for part in strategy.parts))
    if isinstance(strategy, ExamplesStrategy):
        return replace(strategy, context=tuple(context))
    return strategy


def with_examples(prompt: Prompt, context: Sequence[Example]) -> Prompt:
    """A user's prompt together with examples, in place of those that it names."""
    parts = prompt.parts if isinstance(prompt, Mixed) else (prompt,)
    others = [part for part in parts if not isinstance(part, Examples)]
    return mix(*others, Examples(tuple(context)))


def drawn_kind(kind: str) -> str:
    """The part of a kind that a user can draw; empty for examples alone.

    >>> drawn_kind("clicks+examples"), drawn_kind("box"), drawn_kind("examples")
    ('clicks', 'box', '')
    """
    return "+".join(part for part in split_kind(kind) if part != Examples.kind)


def _whole(values: Any) -> list[int]:
    numbers = [int(value) for value in values]
    if numbers != list(values):
        raise ValueError("examples are named by whole numbers")
    return numbers
