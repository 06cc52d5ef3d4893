"""How long a program waits for something that shows no sign of progress."""

import math
import os

from HermesLib.errors import HermesError

#: Names how many seconds without progress end a run; 0 waits for ever.
VARIABLE = "HERMES_GIVE_UP_AFTER"
#: The default. A run computes all the time; what stands still for so long will not go on.
GIVE_UP_AFTER = 300.0


def give_up_after() -> float:
    """The user's setting, seconds; infinite for 0.

    Raises:
        HermesError: not a number, or a negative one.
    """
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text) if text else GIVE_UP_AFTER
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise HermesError(f"{VARIABLE} is '{text}'; give seconds, or 0 to wait for ever")
    return seconds or math.inf
