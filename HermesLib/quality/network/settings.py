"""Settings of networks, read from a checkpoint's metadata."""

from dataclasses import fields
from typing import Any, TypeVar

from HermesLib.errors import HermesError

Settings = TypeVar("Settings")


def read_settings(kind: type[Settings], raw: dict[str, Any]) -> Settings:
    """A settings dataclass from plain values; lists become tuples, and what is missing a default.

    Raises:
        HermesError: settings that this version does not know.
    """
    unknown = sorted(set(raw) - {setting.name for setting in fields(kind)})  # type: ignore[arg-type]
    if unknown:
        raise HermesError(
            f"the weights have settings that this version of HERMES does not know: "
            f"{', '.join(unknown)}; update HERMES"
        )
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in raw.items()})
