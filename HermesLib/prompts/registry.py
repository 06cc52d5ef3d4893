"""The prompt kinds by name. A new kind is one module and one entry of :data:`PROMPTS`.

Imports no kind until it is used, so that a program with a user interface can list them at no cost.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from HermesLib.errors import HermesError
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.types import PromptStrategy, PromptType

#: Between the kinds of a mixed prompt, as in ``box+clicks``.
JOIN = "+"


@dataclass(frozen=True)
class PromptEntry:
    """A prompt kind.

    Attributes:
        kind: its name on the command line and in files.
        title: for people.
        prompt: ``module:Class`` of the prompt (:class:`HermesLib.prompts.types.PromptType`).
        strategy: ``module:Class`` of its :class:`HermesLib.prompts.types.PromptStrategy`, with a
            classmethod ``from_settings(PromptSettings)``.
        settings: the fields of :class:`PromptSettings` that the strategy uses.
        beside_a_box: ``module:Class`` of the strategy in a mixture with a box; empty if it is the
            same.
    """

    kind: str
    title: str
    prompt: str
    strategy: str
    settings: tuple[str, ...] = ()
    beside_a_box: str = ""


PROMPTS: dict[str, PromptEntry] = {
    entry.kind: entry
    for entry in (
        PromptEntry(
            kind="box",
            title="Box",
            prompt="HermesLib.prompts.boxes:Box",
            strategy="HermesLib.prompts.boxes:BoxStrategy",
            settings=("padding",),
        ),
        PromptEntry(
            kind="scribbles",
            title="Scribbles",
            prompt="HermesLib.prompts.scribbles:Scribbles",
            strategy="HermesLib.prompts.scribbles:ScribbleStrategy",
            settings=("keep_first",),
        ),
        PromptEntry(
            kind="clicks",
            title="Clicks",
            prompt="HermesLib.prompts.clicks:Clicks",
            strategy="HermesLib.prompts.clicks:ClickStrategy",
            beside_a_box="HermesLib.prompts.clicks:CorrectiveClickStrategy",
        ),
        PromptEntry(
            kind="examples",
            title="Examples",
            prompt="HermesLib.prompts.examples:Examples",
            strategy="HermesLib.prompts.examples:ExamplesStrategy",
            settings=("most_examples",),
        ),
    )
}


#: Prompts that only records of runs hold: nobody chooses their kind, and no strategy draws them.
_RECORDED = {"volume": "HermesLib.prompts.volume_section:VolumeSection"}


def prompt_kinds() -> tuple[str, ...]:
    """All kinds, without mixtures."""
    return tuple(PROMPTS)


def split_kind(kind: str) -> tuple[str, ...]:
    """The kinds that make up a kind, in the order of the registry.

    >>> split_kind("clicks+box"), split_kind("box")
    (('box', 'clicks'), ('box',))

    Raises:
        HermesError: an unknown kind, or the same kind twice.
    """
    parts = kind.split(JOIN)
    for part in parts:
        if part not in PROMPTS:
            raise HermesError(f"unknown prompt kind '{part}'; choose {', '.join(PROMPTS)}")
    if len(set(parts)) < len(parts):
        raise HermesError(f"the prompt kind '{kind}' names a kind twice")
    return tuple(sorted(parts, key=list(PROMPTS).index))


def join_kinds(kinds: tuple[str, ...]) -> str:
    """The inverse of :func:`split_kind`."""
    return JOIN.join(kinds)


def kind_title(kind: str) -> str:
    """A kind or mixture of kinds for people.

    >>> kind_title("box+clicks")
    'Box and clicks'
    """
    first, *others = (PROMPTS[part].title for part in split_kind(kind))
    return " and ".join([first, *(title.lower() for title in others)])


def kind_settings(kind: str) -> tuple[str, ...]:
    """The fields of :class:`PromptSettings` that a kind or mixture of kinds uses."""
    return tuple(name for part in split_kind(kind) for name in PROMPTS[part].settings)


def prompt_type(kind: str) -> PromptType:
    """What builds the prompts of a kind or mixture of kinds.

    Raises:
        HermesError: an unknown kind.
    """
    if kind in _RECORDED:
        return cast(PromptType, _load(_RECORDED[kind]))
    kinds = split_kind(kind)
    if len(kinds) == 1:
        return cast(PromptType, _load(PROMPTS[kind].prompt))
    from HermesLib.prompts.mixed import MixedType

    return MixedType(kinds)


def strategy_for(kind: str, settings: PromptSettings | None = None) -> PromptStrategy:
    """The strategy of a prompt kind or mixture of kinds.

    Raises:
        HermesError: an unknown kind.
    """
    settings = settings or PromptSettings()
    parts = split_kind(kind)
    places = [
        (PROMPTS[part].beside_a_box if "box" in parts else "") or PROMPTS[part].strategy
        for part in parts
    ]
    strategies: tuple[PromptStrategy, ...] = tuple(
        _load(place).from_settings(settings) for place in places
    )
    if len(strategies) == 1:
        return strategies[0]
    from HermesLib.prompts.mixed import MixedStrategy

    return MixedStrategy(strategies)


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
