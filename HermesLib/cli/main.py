"""The command ``hermes``: every user error ends in one line on stderr and exit code 2."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from HermesLib import __version__, extensions
from HermesLib.cli.printed_notices import print_notice
from HermesLib.errors import DefectError, HermesError
from HermesLib.notices import heard_by

if TYPE_CHECKING:
    from HermesLib.engine.client import Engine

#: Command groups and their modules. Each module has ``add_parser(subparsers)``, which sets ``run``:
#: a function of the parsed arguments that returns the exit code. Extensions add or replace groups.
COMMANDS = {
    "demo": "HermesLib.cli.demo",
    "refine": "HermesLib.cli.refine",
    "assess": "HermesLib.cli.assess",
    "cohort": "HermesLib.cli.cohort",
    "export": "HermesLib.cli.export",
    "series": "HermesLib.cli.series",
    "train": "HermesLib.cli.train",
    "evaluate": "HermesLib.cli.evaluate",
    "weights": "HermesLib.cli.weights",
    "presets": "HermesLib.cli.presets",
    "research": "HermesLib.cli.research",
}
DEFECT = 1
BAD_INPUT = 2
INTERRUPTED = 130
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
            "Quality control that steers promptable medical segmentation. "
            "For research, not for clinical use."
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
        0, 2 for bad input, 1 for a defect of the program, 130 if interrupted.
    """
    if not sys.warnoptions:
        # Warnings of libraries are for developers; users get what matters as a HermesError.
        warnings.simplefilter("ignore")
    try:
        words = sys.argv[1:] if argv is None else argv
        arguments = build_parser().parse_args(words)
        arguments.command, arguments.engine = tuple(words), engine
        with heard_by(print_notice):
            return arguments.run(arguments)
    except SystemExit as finished:  # --help and --version
        return int(finished.code or 0)
    except ModuleNotFoundError as error:
        if not _is_left_out(error):
            raise
        return _end(f"{error.name} {_LEFT_OUT}", BAD_INPUT)
    except DefectError as error:
        return _end(str(error), DEFECT)
    except HermesError as error:
        return _end(str(error), BAD_INPUT)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _end(
            f"{error.strerror or error}{where}; fix this and run again, nothing was written",
            BAD_INPUT,
        )
    except KeyboardInterrupt:
        return _end("interrupted, nothing was written", INTERRUPTED)


def _end(message: str, code: int) -> int:
    print(f"hermes: {' '.join(message.split())}", file=sys.stderr)
    return code
