"""A guide with a program of a test, which other processes can register too."""

import sys
from pathlib import Path

from HermesLib.guides import external
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap
from HermesLib.guides.registry import GUIDES, GuideEntry
from HermesLib.guides.request import GuideRequest

NAME = "toy"


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    return draw_by_program(entry, request, {})


def register(script: Path | str) -> None:
    """Add the guide ``toy`` to the guides of this process.

    Args:
        script: its program.
    """
    GUIDES[NAME] = GuideEntry(
        name=NAME,
        title="Toy (any organ)",
        draw=f"{__name__}:draw",
        licence="",
        weights="",
        page="",
        path="none",
        program=str(script),
    )


def write_program(folder: Path, code: str) -> Path:
    """A program that answers as HERMES' own do; ``code`` defines ``segment``."""
    script = folder / "toy_program.py"
    script.write_text(
        f"import os, sys, time\nfrom pathlib import Path\n"
        f"sys.path.insert(0, {str(external.PROGRAMS)!r})\n{code}\n"
        "from answering import answer_request\nanswer_request(segment)\n"
    )
    return script


if __name__ == "__main__":
    # A worker with this guide.
    register(sys.argv.pop(1))
    from HermesLib.engine import worker

    worker.main()
