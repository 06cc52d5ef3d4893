"""Settings in a weight file's metadata, checked against the types that read them before any use.

The dataclasses that read settings carry the decorator :func:`checked`. Their annotations are the
schema: types, and ranges where a value beyond them would be no network, or none that ends.
"""

import json
from collections.abc import Hashable
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from HermesLib.errors import HermesError

Settings = TypeVar("Settings")

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10_000)]
CountOrNone = Annotated[int, Field(ge=0, le=10_000)]
#: Layers that follow each other.
Depth = Annotated[int, Field(ge=1, le=64)]
#: Sides of grids, pixels.
Side = Annotated[int, Field(ge=8, le=4096)]
Neighbours = Annotated[int, Field(ge=0, le=8)]
_Channels = Annotated[int, Field(ge=1, le=8192)]
#: Channels of a network's levels.
Levels = Annotated[tuple[_Channels, ...], Field(min_length=1, max_length=8)]
#: Log odds and weights of them: anything beyond is certain, and no fit ends there.
LogOdds = Annotated[float, Field(ge=-100, le=100)]
#: Of a logistic curve: more evidence never means less.
Slope = Annotated[float, Field(ge=0, le=100)]
Patients = Annotated[int, Field(ge=1)]
#: Ends of intervals, as multiples of an error's scale.
Multiple = Annotated[float, Field(ge=-100, le=100)]
#: Fields of view, see :func:`HermesLib.quality.field_of_view.find_windows`.
View = Annotated[str, Field(pattern="^(slice|centre|body)$")]


def checked(kind: type[Settings]) -> type[Settings]:
    """A settings dataclass of which :func:`read_settings` takes no other values.

    Unknown settings, other types, NaN and infinite numbers are refused.
    """
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    kind.__pydantic_config__ = config  # type: ignore[attr-defined]
    return kind


def read_settings(kind: type[Settings], raw: Any) -> Settings:
    """A dataclass with :func:`checked` from plain values; what is missing gets its default.

    Raises:
        HermesError: values that do not fit, with the first of them; settings that this version does
            not know.
    """
    try:
        # As JSON, in which a tuple is a list.
        adapter: TypeAdapter[Settings] = _adapter(cast(Hashable, kind))
        return adapter.validate_json(json.dumps(raw))
    except ValidationError as error:
        raise HermesError(_in_one_line(error)) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise HermesError(
            "the weights' settings are no plain values, or nested too deep"
        ) from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _in_one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    unknown = [
        str(item["loc"][-1])
        for item in error.errors(include_url=False)
        if item["type"] == "unexpected_keyword_argument"
    ]
    if first["type"] == "unexpected_keyword_argument":
        return (
            "the weights have settings that this version of HERMES does not know:"
            f" {', '.join(sorted(unknown))}; update HERMES"
        )
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    words = message[0].lower() + message[1:]
    return f"the weights' setting {place or 'as a whole'} cannot be used: {words}"
