"""The one exception whose text is meant for the user."""


class HermesError(ValueError):
    """Bad input or a missing part; the message is one line that says what is wrong and how to mend it.

    The command line prints it to stderr and ends with exit code 2; nothing is written.
    """


class DefectError(HermesError):
    """A fault of the program itself, told in one line; the user can only report it."""
