"""A worker without networks: its only request is a step that never ends. For tests of its life.

    python -m Testing.engine.sleeping_worker [IDLE]

It takes frames with the real worker's :class:`Commands` and ends as that does. With
``HERMES_TEST_END`` it ends in that way in the middle of the step.
"""

import faulthandler
import os
import signal
import sys
import time

from HermesLib.engine.commands import Commands
from HermesLib.engine.messages import NO_RUN, Opened, Ready, message_frame
from HermesLib.engine.wire import write_frame
from HermesLib.io.orientation import SliceAxes


def end(how: str) -> None:
    """End in the way that a test asks for."""
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "crashed":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "no memory":
        sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
        sys.stderr.flush()
        os.abort()


def main() -> None:
    """Say the process's number, then sleep through every request."""
    faulthandler.enable(sys.stderr, all_threads=False)
    commands = Commands(sys.stdin.buffer, float(sys.argv[1]) if sys.argv[1:] else None)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    write_frame(answers, message_frame(NO_RUN, Ready(str(os.getpid()), None)))
    while True:
        frame = commands.next()
        opened = Opened((0,), (1, 4, 4), SliceAxes((2, 1, 0), (False, False, False)))
        write_frame(answers, message_frame(frame.fields["run"], opened))
        end(os.environ.get("HERMES_TEST_END", ""))
        time.sleep(1000)


if __name__ == "__main__":
    main()
