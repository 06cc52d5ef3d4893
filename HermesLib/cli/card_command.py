"""The command line of a training as its card shows it: without files, which may name a patient."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from HermesLib.datasets.folders import parse_folder
from HermesLib.datasets.readers.registry import is_reader_form, reader_of
from HermesLib.datasets.training_dataset import LAYOUTS
from HermesLib.errors import HermesError


def card_command(words: Sequence[str], files: Sequence[Path | str | None]) -> str:
    """A command line in which every folder and file is a placeholder.

    Args:
        words: after ``hermes``.
        files: that the words name; None for those that they do not name.

    >>> words = ["train", "organ", "--data", "decathlon:/doe/ct:ct", "--organ=liver", "-odoe"]
    >>> card_command(words, [Path("doe")])
    'hermes train organ --data decathlon:FOLDER:ct --organ=liver -oPATH'
    """
    named = {Path(file) for file in files if file is not None}
    return shlex.join(["hermes", *(_word(word, named) for word in words)])


def _word(word: str, named: set[Path]) -> str:
    for start in _starts(word):
        if Path(word[start:]) in named:
            return word[:start] + "PATH"
        if is_reader_form(word[start:]):
            form = reader_of(word[start:]).parse(word[start:])
            return word[:start] + form.with_paths("FOLDER")
        try:
            layout, _folder, family = parse_folder(word[start:], LAYOUTS)
        except HermesError:
            continue
        return ":".join([word[:start] + layout, "FOLDER", *([family] if family else [])])
    return word


def _starts(word: str) -> list[int]:
    """Where the value may start in a word: all of it, after ``=``, or after a letter's option."""
    after_option = [word.index("=") + 1] if word.startswith("--") and "=" in word else []
    after_letter = [2] if word.startswith("-") and not word.startswith("--") else []
    return [0, *after_option, *after_letter]
