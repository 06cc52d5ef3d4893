"""What the panel needs of the engine."""

from typing import Protocol

from HermesLib.engine.client import State
from HermesLib.engine.messages import Message
from HermesLib.runs.request import ImportRequest, RunRequest


class Engine(Protocol):
    """What a run needs of :class:`HermesLib.engine.client.Engine`."""

    state: State

    def start(self, request: RunRequest | ImportRequest) -> None:
        """Start a run, or import weights."""

    def poll(self, wait: float = 0.0) -> list[Message]:
        """The messages since the last call; waits a moment for the first."""

    def cancel(self) -> None:
        """End the run."""

    def close(self) -> None:
        """End the engine."""
