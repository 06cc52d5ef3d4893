"""Dataclasses as plain JSON values and named arrays.

Both directions follow the annotated types of a dataclass's own fields: no field is left out.
"""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from HermesLib.prompts.registry import prompt_type
from HermesLib.prompts.types import Prompt

Arrays = dict[str, np.ndarray]


def to_plain(kind: Any, value: Any, arrays: Arrays, name: str = "") -> Any:
    """A value of the annotated type ``kind`` as JSON takes it.

    Args:
        kind: a dataclass, or the type of a dataclass's field.
        value: of that type.
        arrays: receives every array, under the path of its field.
        name: path of the value.
    """
    kind = _without_none(kind)
    if value is None:
        return None
    if kind is Prompt:
        parts = value.arrays()
        arrays.update({_join(name, part): array for part, array in parts.items()})
        return {"kind": value.kind, "arrays": list(parts)}
    if kind is np.ndarray:
        arrays[name] = value
        return name
    if get_origin(kind) is tuple:
        types = _part_types(kind, len(value))
        return [
            to_plain(part_type, part, arrays, _join(name, str(k)))
            for k, (part_type, part) in enumerate(zip(types, value, strict=True))
        ]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return {
            field: to_plain(field_type, getattr(value, field), arrays, _join(name, field))
            for field, field_type in _field_types(kind).items()
        }
    return str(value) if kind is Path else value


def from_plain(kind: Any, plain: Any, arrays: Mapping[str, np.ndarray], name: str = "") -> Any:
    """The inverse of :func:`to_plain`.

    Raises:
        KeyError, TypeError, ValueError: the plain value does not fit the type.
    """
    kind = _without_none(kind)
    if plain is None:
        return None
    if kind is Prompt:
        parts = {part: arrays[_join(name, part)] for part in plain["arrays"]}
        return prompt_type(plain["kind"]).from_arrays(parts)
    if kind is np.ndarray:
        return arrays[plain]
    if get_origin(kind) is tuple:
        types = _part_types(kind, len(plain))
        return tuple(
            from_plain(part_type, part, arrays, _join(name, str(k)))
            for k, (part_type, part) in enumerate(zip(types, plain, strict=True))
        )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        types_of = _field_types(kind)
        return kind(
            **{
                field: from_plain(types_of[field], part, arrays, _join(name, field))
                for field, part in plain.items()
            }
        )
    if isinstance(kind, type) and issubclass(kind, Enum | Path):
        return kind(plain)
    return plain


def _without_none(kind: Any) -> Any:
    """The type ``T`` of an optional value ``T | None``; other types as they are."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (remaining,) = (option for option in get_args(kind) if option is not NoneType)
    return remaining


def _part_types(kind: Any, length: int) -> tuple[Any, ...]:
    types = get_args(kind)
    return types[:1] * length if types[1:] == (...,) else types


@cache
def _field_types(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
