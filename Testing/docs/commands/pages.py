"""The commands that the pages show, line by line."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(path for path in ROOT.glob("docs/**/*.md") if path.parent.name != "reference"),
    ]
)
#: First words of a line that a reader types. Other lines are diagrams, layouts and output.
_PROGRAMS = (
    "cd|cmake|dask|export|git|guide/bin/pip|hermes|make|nninteractive-server|openssl|pip|python"
    r"|source|srun|torchrun|umask|until|\.venv/bin/\w+"
)
_TYPED = re.compile(rf"(?:{_PROGRAMS})(?: |$)")


def shell_lines(page: Path) -> list[str]:
    """What a page tells to type, without comments; lines that go on with ``\\`` are joined."""
    lines: list[str] = []
    text = page.read_text(encoding="utf-8")
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.M | re.S):
        if language in ("", "bash", "text"):
            lines += [without_comment(line) for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if _TYPED.match(line)]


def without_comment(line: str) -> str:
    """A line with single spaces and without what follows ``#``.

    >>> without_comment("hermes demo     # a sample; needs no data")
    'hermes demo'
    """
    return re.sub(r"\s+", " ", re.sub(r"(^|\s)#.*$", "", line)).strip()


def hermes_commands() -> list[str]:
    """All different ``hermes`` lines, in the order of the pages."""
    found = [line for page in PAGES for line in shell_lines(page) if line.startswith("hermes ")]
    return list(dict.fromkeys(found))
