"""Notices on the command line."""

import sys

from HermesLib.notices import Notice


def notice_text(message: str) -> str:
    """A notice's message in one line, as the command line shows it."""
    return f"note: {' '.join(message.split())}"


def print_notice(notice: Notice) -> None:
    """Print a notice on stderr."""
    print(f"hermes: {notice_text(notice.message)}", file=sys.stderr, flush=True)
