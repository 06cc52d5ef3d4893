"""Waiting for an engine's messages."""

import time

from HermesLib.engine.client import Engine
from HermesLib.engine.messages import Cancelled, Failed, Finished, Message

#: So slow that no run ends before a test cancels it.
ENDLESS = {"steps": 900, "samples": 40}
#: Only a guard against a hanging test, seconds; a busy machine may be slow.
LIMIT = 240.0


def until(engine: Engine, wanted: type, limit: float = LIMIT) -> list[Message]:
    """Poll as a timer would, until a message of that kind."""
    messages: list[Message] = []
    end = time.monotonic() + limit
    while not any(isinstance(message, wanted) for message in messages):
        kinds = [type(message).__name__ for message in messages[-5:]]
        assert time.monotonic() < end, f"no {wanted} among {len(messages)}, the last being {kinds}"
        messages += engine.poll()
        time.sleep(0.005)
    return messages


def run_to_end(engine: Engine) -> list[Message]:
    return until(engine, Finished | Cancelled | Failed)
