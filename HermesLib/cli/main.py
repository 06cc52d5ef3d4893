"""The command ``hermes``: whatever goes wrong for the user ends in one line on stderr and exit code 2."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

from HermesLib import __version__
from HermesLib.errors import DefectError, HermesError

if TYPE_CHECKING:
    from HermesLib.engine.client import Engine

#: Modules with ``add_parser(subparsers)``; each sets ``run``, a function of the parsed arguments that returns the exit code.
COMMANDS = (
    "HermesLib.cli.demo",
    "HermesLib.cli.refine",
    "HermesLib.cli.assess",
    "HermesLib.cli.export",
    "HermesLib.cli.train",
    "HermesLib.cli.evaluate",
    "HermesLib.cli.weights",
    "HermesLib.cli.presets",
)
DEFECT = 1
BAD_INPUT = 2
INTERRUPTED = 130


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all others of HERMES."""

    def error(self, message: str) -> NoReturn:
        """Raise the message as :class:`HermesError`."""
        raise HermesError(f"{message}; see {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; importing none of the networks, so that help and slips answer at once."""
    parser = OneLineParser(
        prog="hermes",
        description="Quality control that steers promptable medical segmentation. For research, not for clinical use.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hermes {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        if find_spec(module) is not None:
            import_module(module).add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None, engine: "Engine | None" = None) -> int:
    """Run one command and return its exit code: 0, 2 for bad input, 1 for a fault of the program, 130 when interrupted.

    A program that runs many commands gives them its ``engine``, so that libraries and networks are loaded once.
    """
    if not sys.warnoptions:
        # Libraries' warnings are for developers; what a user must know is raised as HermesError.
        warnings.simplefilter("ignore")
    try:
        words = sys.argv[1:] if argv is None else argv
        arguments = build_parser().parse_args(words)
        arguments.command, arguments.engine = tuple(words), engine
        return arguments.run(arguments)
    except SystemExit as finished:  # --help and --version
        return int(finished.code or 0)
    except DefectError as error:
        return _end(str(error), DEFECT)
    except HermesError as error:
        return _end(str(error), BAD_INPUT)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _end(
            f"{error.strerror or error}{where}; mend that and run again, nothing was written",
            BAD_INPUT,
        )
    except KeyboardInterrupt:
        return _end("interrupted, nothing was written", INTERRUPTED)


def _end(message: str, code: int) -> int:
    print(f"hermes: {' '.join(message.split())}", file=sys.stderr)
    return code
