"""A worker without networks that sends the iterations of a large run as fast as it can.

python -m Testing.engine.talking_worker SIDE COUNT
"""

import os
import sys
import time

import numpy as np

from HermesLib.engine.commands import Commands
from HermesLib.engine.messages import NO_RUN, Finished, Opened, Ready, message_frame
from HermesLib.engine.wire import write_frame
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.refinement.events import Iteration

REPORT = {"format": 1, "summary": {}, "slices": [], "provenance": {"seed": 0}}


def iterations(side: int, count: int) -> list[Iteration]:
    """Iterations of a disc that moves, with scribbles, one slice after the other, two each."""
    rows, columns = np.mgrid[:side, :side]
    events = []
    for number in range(count):
        index, step = divmod(number, 2)
        centre = side // 2 + number % 7
        mask = (rows - centre) ** 2 + (columns - side // 2) ** 2 < (side // 5) ** 2
        strokes = np.zeros((2, side, side), bool)
        strokes[0, centre, side // 3 : side // 2] = strokes[1, 5, 5:60] = True
        events.append(
            Iteration(
                slice_index=index,
                index=step,
                mask=mask,
                pgt=np.roll(mask, 3, 1),
                pdsc=0.5 + 0.4 * step,
                pdsc_low=0.4,
                pdsc_high=0.95,
                dsc=None,
                prompt=Scribbles(strokes[0], strokes[1]),
                seconds=0.1,
                status="accepted" if step else None,
                present=1.0,
                borderline=False,
                ceiling=1.0,
            )
        )
    return events


def main() -> None:
    """Answer every request with the same run."""
    side, count = map(int, sys.argv[1:3])
    commands = Commands(sys.stdin.buffer)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    events = iterations(side, count)
    write_frame(answers, message_frame(NO_RUN, Ready("CPU", None)))
    while True:
        run = commands.next().fields["run"]
        slices = count // 2
        axes = SliceAxes((2, 1, 0), (False, False, False))
        opened = Opened(tuple(range(slices)), (slices, side, side), axes)
        for message in [opened, *events, Finished(REPORT)]:
            write_frame(answers, message_frame(run, message))
        time.sleep(0.1)


if __name__ == "__main__":
    main()
