"""Numbers and names as text in tables."""

from collections.abc import Sequence

from HermesLib.models.registry import model_entry
from HermesLib.research.tables.design import TITLES


def model_title(model: str) -> str:
    """The title of a model, without what stands in brackets."""
    return model_entry(model).title.partition(" (")[0]


def source_title(source: str) -> str:
    """The title of a source of the pGT."""
    return TITLES.get(source, source)


def number(value: float | None) -> str:
    """A number with three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def interval(values: Sequence[float | None] | None) -> str:
    """A mean with its 95 % interval (mean, low, high), or a dash."""
    if values is None or values[0] is None:
        return "-"
    return f"{values[0]:.3f} ({number(values[1])} to {number(values[2])})"
