"""How long a client waits for an engine that shows no sign of progress."""

import math
import time
from dataclasses import dataclass, field

from HermesLib.engine.messages import Alive, Message

#: The user hears of it after so many seconds, at the latest after half of the time.
_SAY_AFTER = 30.0
#: An engine that computes uses more of the processor between two signs of life, seconds.
_LEAST_WORK = 0.02
#: Longest time between two looks that counts: the client itself may have been stopped.
_LONGEST_LOOK = 1.0


@dataclass
class Patience:
    """Counts the time without progress: no message, and no work of the processor.

    The time is the client's own: while it is stopped, as by Control-Z, nothing counts.

    Attributes:
        limit: seconds without progress that end the run.
    """

    limit: float
    waited: float = 0.0
    said: bool = False
    _looked: float = field(default_factory=lambda: time.monotonic())
    _worked: float = -math.inf

    def see(self, message: Message) -> bool:
        """Take a message of the engine; gives whether it is more than a sign of life."""
        progress = True
        if isinstance(message, Alive):
            progress = message.seconds >= self._worked + _LEAST_WORK
            self._worked = message.seconds
        if progress:
            self.waited, self.said, self._looked = 0.0, False, time.monotonic()
        return not isinstance(message, Alive)

    def look(self) -> None:
        """Count the time since the last look."""
        now = time.monotonic()
        self.waited += min(now - self._looked, _LONGEST_LOOK)
        self._looked = now

    @property
    def to_say(self) -> bool:
        """Whether the user should hear of it, and has not."""
        return not self.said and self.waited > min(_SAY_AFTER, self.limit / 2)

    @property
    def over(self) -> bool:
        """Whether to give up."""
        return self.waited > self.limit
