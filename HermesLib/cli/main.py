"""The command ``hermes``: every error ends in one line on stderr."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from HermesLib import __version__, extensions
from HermesLib.cli.ending import (
    SignalledError,
    broken_pipe,
    end,
    ending_signals,
    os_error_code,
    signal_words,
)
from HermesLib.cli.printed_notices import print_notice
from HermesLib.cli.streams import give_up_stdout, make_usable
from HermesLib.errors import BAD_INPUT, INTERRUPTED, OUT_OF_MEMORY, HermesError
from HermesLib.intended_use import INTENDED_USE
from HermesLib.notices import heard_by
from HermesLib.threads import set_threads

if TYPE_CHECKING:
    from HermesLib.engine.client import Engine

#: Command groups and their modules. Each module has ``add_parser(subparsers)``, which sets ``run``:
#: a function of the parsed arguments that returns the exit code. Extensions add or replace groups.
COMMANDS = {
    "demo": "HermesLib.cli.demo",
    "refine": "HermesLib.cli.refine",
    "assess": "HermesLib.cli.assess",
    "cohort": "HermesLib.cli.cohort",
    "rerun": "HermesLib.cli.rerun",
    "export": "HermesLib.cli.export",
    "series": "HermesLib.cli.series",
    "train": "HermesLib.cli.train",
    "evaluate": "HermesLib.cli.evaluate",
    "data": "HermesLib.cli.data",
    "bench": "HermesLib.cli.bench",
    "weights": "HermesLib.cli.weights",
    "presets": "HermesLib.cli.presets",
    "research": "HermesLib.cli.research",
}
#: What a shell reports of a program that SIGPIPE has ended.
_BROKEN_PIPE = 141
_LEFT_OUT = "is not part of this installation, as in the Slicer extension; install HERMES with pip"


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports errors in one line, as all of HERMES does."""

    def error(self, message: str) -> NoReturn:
        """Raise the message as :class:`HermesError`."""
        raise HermesError(f"{message}; see {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands. It imports no network, so help and typing errors answer fast."""
    parser = OneLineParser(
        prog="hermes",
        description=(
            f"Quality control that steers promptable medical segmentation. {INTENDED_USE}"
        ),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hermes {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    extensions.load_extensions()
    for name, module in (COMMANDS | extensions.COMMANDS).items():
        try:
            import_module(module).add_parser(subparsers)
        except ModuleNotFoundError as error:
            if not _is_left_out(error):
                raise
            _add_left_out(subparsers, name)
    for subparser in subparsers.choices.values():
        subparser.epilog = subparser.epilog or INTENDED_USE
    return parser


def _is_left_out(error: ModuleNotFoundError) -> bool:
    """Whether a part of HERMES is missing, as training is in the Slicer extension."""
    return (error.name or "").startswith("HermesLib.")


def _add_left_out(subparsers: Any, name: str) -> None:
    """A command whose parts this installation leaves out: it says so, whatever its words."""

    def refuse(_arguments: argparse.Namespace) -> NoReturn:
        raise HermesError(f"'hermes {name}' {_LEFT_OUT}")

    # No word begins with this character, so that all of them are taken.
    parser = subparsers.add_parser(
        name, help="not installed here", prefix_chars="\0", add_help=False
    )
    parser.add_argument("words", nargs="*")
    parser.set_defaults(run=refuse)


def main(argv: Sequence[str] | None = None, engine: "Engine | None" = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the words after ``hermes``; None: those of the process.
        engine: a started engine to use. A program that runs many commands passes its own, so that
            libraries and networks are loaded once.

    Returns:
        0, or one of :mod:`HermesLib.errors`; 128 and the signal's number where one ended it.
    """
    if not sys.warnoptions:
        # Warnings of libraries are for developers; users get what matters as a HermesError.
        warnings.simplefilter("ignore")
    try:
        with ending_signals(), heard_by(print_notice):
            return _run(sys.argv[1:] if argv is None else argv, engine)
    except SystemExit as finished:  # --help and --version
        return int(finished.code or 0)
    except ModuleNotFoundError as error:
        if not _is_left_out(error):
            raise
        return end(f"{error.name} {_LEFT_OUT}", BAD_INPUT)
    except HermesError as error:
        return end(str(error), error.exit_code, error)
    except SignalledError as error:
        return end(f"ended by {signal_words(error.number)}", 128 + error.number, error)
    except KeyboardInterrupt as error:
        return end("interrupted", INTERRUPTED, error)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return end(f"{error.strerror or error}{where}", os_error_code(error), error)
    except MemoryError as error:
        return end("memory ran out; close other programs", OUT_OF_MEMORY, error)


def _run(words: Sequence[str], engine: "Engine | None") -> int:
    """Run one command to the end of what it prints."""
    try:
        arguments = build_parser().parse_args(words)
        arguments.command, arguments.engine = tuple(words), engine
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except OSError as error:
        if not broken_pipe(error):
            raise
        # The reader of the output, such as `head`, has gone: the end of every program in a pipe.
        give_up_stdout()
        return _BROKEN_PIPE
    return code


def entry() -> NoReturn:
    """The command of the installed package: :func:`main` in a process of its own."""
    set_threads()
    make_usable()
    code = main()
    try:
        sys.stdout.flush()
    except OSError:
        give_up_stdout()
    sys.exit(code)
