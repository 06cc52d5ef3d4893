"""Mixed prompts: several kinds together on one slice, for example a box and clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.prompts.registry import join_kinds, prompt_type, split_kind
from HermesLib.prompts.types import Prompt, PromptMarks, PromptStrategy


@dataclass(frozen=True, eq=False)
class Mixed:
    """Prompts of different kinds on one slice, in the order of the registry; see :func:`mix`."""

    parts: tuple[Prompt, ...]

    @property
    def kind(self) -> str:
        """The parts' kinds, joined by ``+``."""
        return join_kinds(tuple(part.kind for part in self.parts))

    def to_plain(self) -> dict[str, Any]:
        """``parts``: every part's plain values."""
        return {"kind": self.kind, "parts": [part.to_plain() for part in self.parts]}

    def summary(self) -> dict[str, Any]:
        """``parts``: every part's summary."""
        return {"kind": self.kind, "parts": [part.summary() for part in self.parts]}

    def arrays(self) -> dict[str, np.ndarray]:
        """Every part's arrays; a name is the part's kind, a dot, and the part's own name."""
        return {
            f"{part.kind}.{name}": array
            for part in self.parts
            for name, array in part.arrays().items()
        }

    def marks(self) -> PromptMarks:
        """The marks of all parts."""
        marks = [part.marks() for part in self.parts]
        return PromptMarks(
            boxes=tuple(box for part in marks for box in part.boxes),
            positive_points=np.concatenate([part.positive_points for part in marks]),
            negative_points=np.concatenate([part.negative_points for part in marks]),
            positive_strokes=_union([part.positive_strokes for part in marks]),
            negative_strokes=_union([part.negative_strokes for part in marks]),
        )

    def part(self, kind: str) -> Prompt | None:
        """The part of a kind, None if there is none."""
        return next((part for part in self.parts if part.kind == kind), None)


def mix(*parts: Prompt) -> Mixed:
    """A mixed prompt.

    Raises:
        HermesError: two parts of the same kind, or of an unknown one.
    """
    by_kind = {part.kind: part for part in parts}
    kinds = split_kind(join_kinds(tuple(part.kind for part in parts)))
    return Mixed(tuple(by_kind[kind] for kind in kinds))


@dataclass(frozen=True)
class MixedType:
    """Builds mixed prompts of ``kinds``; a :class:`HermesLib.prompts.types.PromptType`."""

    kinds: tuple[str, ...]

    def from_plain(self, plain: Mapping[str, Any], shape: tuple[int, int]) -> Mixed:
        """See :class:`HermesLib.prompts.types.PromptType`."""
        by_kind = {part["kind"]: part for part in plain["parts"]}
        if len(plain["parts"]) != len(self.kinds) or set(by_kind) != set(self.kinds):
            raise ValueError(f"the parts must be one each of {', '.join(self.kinds)}")
        return Mixed(
            tuple(prompt_type(kind).from_plain(by_kind[kind], shape) for kind in self.kinds)
        )

    def from_arrays(self, arrays: Mapping[str, np.ndarray]) -> Mixed:
        """The inverse of :meth:`Mixed.arrays`."""
        return Mixed(
            tuple(prompt_type(kind).from_arrays(_of_part(arrays, kind)) for kind in self.kinds)
        )

    def from_marks(self, marks: PromptMarks, shape: tuple[int, int]) -> Mixed:
        """Every part takes what it can express of the marks.

        Raises:
            HermesError: marks that lack what a part needs.
        """
        return Mixed(tuple(prompt_type(kind).from_marks(marks, shape) for kind in self.kinds))


@dataclass(frozen=True)
class MixedStrategy:
    """Every part's strategy draws and refines its own part."""

    parts: tuple[PromptStrategy, ...]

    @property
    def kind(self) -> str:
        """The parts' kinds, joined by ``+``."""
        return join_kinds(tuple(strategy.kind for strategy in self.parts))

    def first(self, shape: tuple[int, int], rng: np.random.Generator) -> Mixed:
        """The first prompts of all parts."""
        return Mixed(tuple(strategy.first(shape, rng) for strategy in self.parts))

    def refine(
        self,
        previous: Prompt | None,
        mask: np.ndarray,
        pgt: np.ndarray,
        first_refinement: bool,
        rng: np.random.Generator,
    ) -> Mixed:
        """Refine every part.

        Raises:
            ValueError: an empty pGT.
        """
        parts = []
        for strategy in self.parts:
            part = previous.part(strategy.kind) if isinstance(previous, Mixed) else None
            parts.append(strategy.refine(part, mask, pgt, first_refinement, rng))
        return Mixed(tuple(parts))


def _union(rasters: list[np.ndarray | None]) -> np.ndarray | None:
    drawn = [raster for raster in rasters if raster is not None]
    return np.logical_or.reduce(drawn) if drawn else None


def _of_part(arrays: Mapping[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    prefix = f"{kind}."
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
