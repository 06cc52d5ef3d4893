"""The exceptions with messages for the user, and the exit codes that they end a command with."""

#: Exit codes of ``hermes``; ``docs/commands.md`` lists them.
DEFECT, BAD_INPUT, OUT_OF_MEMORY, COMPUTER, DIFFERENT, INTERRUPTED = 1, 2, 3, 4, 5, 130


class HermesError(ValueError):
    """Bad input or a missing part; the message is one line: what is wrong and how to fix it.

    The command line prints it to stderr and ends with :attr:`exit_code`.
    """

    exit_code = BAD_INPUT


class DefectError(HermesError):
    """A fault of the program itself; the message is one line for the user to report."""

    exit_code = DEFECT


class MemoryShortageError(HermesError):
    """The computer or its GPU had too little memory; the input is not at fault."""

    exit_code = OUT_OF_MEMORY


class ComputerError(HermesError):
    """The computer failed the program: a full disk, a lost connection, an engine that hangs."""

    exit_code = COMPUTER


_BY_CODE = {
    kind.exit_code: kind for kind in (DefectError, MemoryShortageError, ComputerError, HermesError)
}


def error_of(exit_code: int, message: str) -> HermesError:
    """The exception that ends a command with an exit code."""
    return _BY_CODE[exit_code](message)
