"""``LAYOUT:PART:PART``: how data are named on the command line."""

import re
from dataclasses import dataclass

from HermesLib.errors import HermesError

#: A part: a word, a path, or NAME=PATH. A drive's colon does not end it.
_PART = r"(?:\w+=)?(?:[A-Za-z]:(?=[\\/]))?[^:]+"
_FORM = re.compile(rf"(?P<layout>\w+)(?P<parts>(?::{_PART})*):?")


@dataclass(frozen=True)
class DataForm:
    """Data as a user names them.

    Attributes:
        layout: before the first colon.
        paths: folders or files, in their order.
        words: those of the layout's options that were given.
        named: the paths of ``NAME=PATH``.
    """

    layout: str
    paths: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def word(self, default: str = "") -> str:
        """The option that was given."""
        return self.words[0] if self.words else default

    def path_named(self, name: str) -> str | None:
        """The path of ``NAME=PATH``; None if it was not given."""
        return dict(self.named).get(name)

    def with_paths(self, placeholder: str) -> str:
        """The form with a word in place of every path, for what must name no file."""
        named = (f"{name}={placeholder}" for name, _ in self.named)
        return ":".join([self.layout, *(placeholder for _ in self.paths), *self.words, *named])


def layout_of(text: str) -> str:
    """What stands before the first colon.

    >>> layout_of("msd:data"), layout_of("data")
    ('msd', '')
    """
    return text.partition(":")[0] if ":" in text else ""


def parse_form(
    text: str, paths: int, words: tuple[str, ...], names: tuple[str, ...], written: str
) -> DataForm:
    r"""Read a form.

    >>> parse_form(r"msd:C:\data\Task05", 1, (), (), "msd:FOLDER").paths
    ('C:\\data\\Task05',)

    Args:
        text: as written by the user.
        paths: how many there are, before everything else.
        words: options that may follow, at most one of them.
        names: of ``NAME=PATH`` that may follow.
        written: how the form is written, for messages.

    Raises:
        HermesError: another form.
    """
    match = _FORM.fullmatch(text)
    parts = re.findall(rf":({_PART})", match["parts"]) if match else []
    extra = parts[paths:]
    split = [part.partition("=") for part in extra]
    named = tuple((name, path) for name, equals, path in split if equals and name in names)
    given = tuple(part.lower() for part in extra if part.lower() in words)
    if match is None or len(parts) < paths or len(given) + len(named) < len(extra):
        raise HermesError(f"'{text}' does not name data; write {written}")
    if len(given) > 1 or len(dict(named)) < len(named):
        raise HermesError(f"'{text}' names an option twice; write {written}")
    return DataForm(match["layout"], tuple(parts[:paths]), given, named)
