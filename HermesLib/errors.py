"""The exceptions with messages for the user."""


class HermesError(ValueError):
    """Bad input or a missing part; the message is one line: what is wrong and how to fix it.

    The command line prints it to stderr and exits with code 2; nothing is written.
    """


class DefectError(HermesError):
    """A fault of the program itself; the message is one line for the user to report."""
