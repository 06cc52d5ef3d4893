"""The command line as a page: every command with its options, from the argument parsers."""

import argparse
import os
import re
from collections.abc import Iterator


def command_reference() -> str:
    """Markdown of all commands, in the order of ``hermes --help``."""
    from HermesLib.cli.main import build_parser

    # Usage is wrapped to the width of a terminal; here it has one for all readers.
    os.environ["COLUMNS"] = "100"
    return "\n".join(_lines(build_parser(), level=2))


def _lines(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    """A command and its subcommands."""
    yield f"{'#' * level} {parser.prog}\n"
    if parser.description:
        yield f"{_text(parser.description)}\n"
    yield f"```text\n{_plain(parser.format_usage()).strip()}\n```\n"
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if _is_shown(action)]
        if actions:
            if group.title not in ("options", "positional arguments"):
                yield f"**{_text(group.title or '')}**\n"
            if group.description:
                yield f"{_text(group.description)}\n"
            yield "| option | meaning |\n|---|---|"
            yield from (_row(parser, action) for action in actions)
            yield ""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in dict.fromkeys(action.choices.values()):
                yield from _lines(subparser, level + 1)


def _is_shown(action: argparse.Action) -> bool:
    return action.help != argparse.SUPPRESS and not isinstance(
        action, (argparse._HelpAction, argparse._SubParsersAction)
    )


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """One option: its names and value, and what it means."""
    value = _plain(parser._get_formatter()._format_args(action, _metavar(action)))
    names = ", ".join(action.option_strings)
    words = f"{names} {value}".strip().replace("|", "\\|")
    meaning = parser._get_formatter()._expand_help(action) if action.help else ""
    if action.choices and not isinstance(action, argparse._SubParsersAction) and action.metavar:
        listed = ", ".join(str(choice) for choice in action.choices)
        meaning += "" if listed in meaning else f" (one of {listed})"
    return f"| `{words}` | {_text(meaning)} |"


def _metavar(action: argparse.Action) -> str:
    if action.choices and not action.metavar:
        return "{" + ",".join(str(choice) for choice in action.choices) + "}"
    return action.dest.upper() if action.option_strings else action.dest


def _text(text: str) -> str:
    """Help as Markdown: signs of a table or of HTML are written as such."""
    text = re.sub(r"\s+", " ", _plain(text)).strip()
    for sign in ("|", "*", "<", ">", "_", "[", "]"):
        text = text.replace(sign, f"\\{sign}")
    return text


def _plain(text: str) -> str:
    """Without the colours that Python 3.14 gives to help."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
