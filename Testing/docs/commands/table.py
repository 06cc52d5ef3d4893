"""The table of the commands that are not run at every change, ``commands.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("commands.toml")


@dataclass(frozen=True)
class CommandTable:
    """How the lines of the pages are run. A ``hermes`` line that is in no group is run as it is.

    Attributes:
        long: what takes longer than two seconds, and the words that make it shorter.
        elsewhere: what cannot be run here, and the reason, or the test that runs it.
        pages: pages of which only the commands of ``hermes`` are run, and the reason.
        before: what has to be run before a command, as the page's reader has done.
        values: words that stand for something of the reader's.
    """

    long: dict[str, str]
    elsewhere: dict[str, str]
    pages: dict[str, str]
    before: dict[str, list[str]]
    values: dict[str, str]

    def words(self, command: str, folder: Path) -> str:
        """A command with values in place of the words that stand for them."""
        parts = [self.values.get(word, word) for word in command.split(" ")]
        return " ".join(parts).replace("$PWD", str(folder))


def read_table() -> CommandTable:
    """Read the table."""
    return CommandTable(**tomllib.loads(FILE.read_text(encoding="utf-8")))
