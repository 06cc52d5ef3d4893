"""Runs a command of a page; those of ``hermes`` in this process, with an engine that they share."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from HermesLib.cli.main import main
from HermesLib.engine.client import Engine
from Testing.docs.commands.pages import ROOT
from Testing.docs.commands.sandbox import lay_out
from Testing.docs.commands.table import CommandTable


class PageRunner:
    """Runs commands, each in the same folder with fresh input.

    Args:
        sandbox: with the files of the pages (:func:`~Testing.docs.commands.sandbox.make_sandbox`).
        folder: where the commands run; the current folder.
        engine: of this process.
        table: of the commands.
    """

    def __init__(self, sandbox: Path, folder: Path, engine: Engine, table: CommandTable) -> None:
        self.sandbox, self.folder, self.engine, self.table = sandbox, folder, engine, table

    def run(self, command: str, more: str = "") -> None:
        """Run a command and what comes before it.

        Args:
            command: as on the page.
            more: words added to it.

        Raises:
            AssertionError: it ends with an error, or writes nothing where it says that it does.
        """
        lay_out(self.sandbox, command, self.folder)
        for line in [*self.table.before.get(command, []), f"{command} {more}".strip()]:
            text = self.table.words(line, self.folder)
            output = re.search(r" -o (\S+)", text)
            if output and Path(output[1]).is_dir():
                shutil.rmtree(output[1])
            assert self._end(shlex.split(text)) == 0, text
            assert output is None or "--dry-run" in text or Path(output[1]).exists(), text

    def _end(self, words: Sequence[str]) -> int:
        """The exit code of a command: ``hermes`` in this process, Python in one of its own."""
        if words[0] == "hermes":
            return main(words[1:], self.engine)
        assert words[0] == "python"
        # A script is named by its place in the source checkout.
        parts = [str(ROOT / word) if word.startswith("Testing/") else word for word in words[1:]]
        return subprocess.run([sys.executable, *parts], check=False).returncode


@contextmanager
def page_runner(sandbox: Path, folder: Path, table: CommandTable) -> Iterator[PageRunner]:
    """A runner whose folder is the current one; imported weights and presets stay in it."""
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("HERMES_CACHE", str(folder / "cache"))
        engine = Engine()
        try:
            yield PageRunner(sandbox, folder, engine, table)
        finally:
            engine.close()
            os.chdir(sandbox)
