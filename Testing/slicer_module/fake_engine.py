"""An engine for tests of the panel: it says what the test tells it to, at once."""

from typing import Any

from HermesLib.engine.client import State
from HermesLib.engine.messages import Cancelled, Failed, Finished


class FakeEngine:
    """Looks like :class:`HermesLib.engine.client.Engine`."""

    def __init__(self) -> None:
        self.state = State.IDLE
        self.requests: list[Any] = []
        self.waiting: list[Any] = []
        self.closed = False

    def warm_up(self) -> None:
        """Nothing to load."""

    def start(self, request: Any) -> None:
        """Take a request."""
        self.requests.append(request)
        self.state = State.RUNNING

    def say(self, *messages: Any) -> None:
        """What :meth:`poll` returns next."""
        self.waiting += messages

    def poll(self) -> list[Any]:
        """What was said; a run's last message ends it."""
        said, self.waiting = self.waiting, []
        if any(isinstance(message, Finished | Cancelled | Failed) for message in said):
            self.state = State.IDLE
        return said

    def cancel(self) -> None:
        """Ends at once."""
        if self.state == State.RUNNING:
            self.state = State.CANCELLING
            self.say(Cancelled(None))

    def close(self) -> None:
        """Gone."""
        self.closed, self.state = True, State.IDLE
