"""An engine for tests of the panel: it sends the messages that the test gives it."""

from typing import Any

from HermesLib.engine.client import State
from HermesLib.engine.messages import Cancelled, Failed, Finished


class FakeEngine:
    """Has the methods of :class:`HermesLib.engine.client.Engine`."""

    def __init__(self) -> None:
        self.state = State.IDLE
        self.requests: list[Any] = []
        self.waiting: list[Any] = []
        self.closed = False

    def start(self, request: Any) -> None:
        """Take a request."""
        self.requests.append(request)
        self.state = State.RUNNING

    def say(self, *messages: Any) -> None:
        """Add messages for the next :meth:`poll`."""
        self.waiting += messages

    def poll(self, wait: float = 0.0) -> list[Any]:
        """The new messages; the last message of a run ends it."""
        messages, self.waiting = self.waiting, []
        if any(isinstance(message, Finished | Cancelled | Failed) for message in messages):
            self.state = State.IDLE
        return messages

    def cancel(self) -> None:
        """End the run immediately."""
        if self.state == State.RUNNING:
            self.state = State.CANCELLING
            self.say(Cancelled(None))

    def close(self) -> None:
        """End the engine; nothing it has said is heard any more."""
        self.waiting = []
        self.closed, self.state = True, State.IDLE
