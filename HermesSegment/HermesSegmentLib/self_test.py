"""The module's test of itself in the application: sample, run, review, export.

It needs no package of the engine: where one is missing, a scripted engine plays the run.
"""

import time
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.engine.client import State
from HermesSegmentLib.export import to_file
from HermesSegmentLib.packages import missing_packages
from HermesSegmentLib.sample import load_sample
from HermesSegmentLib.scripted_engine import ScriptedEngine

#: With its networks, a run on the sample takes a minute or two, seconds.
_LIMIT = 600


def run_on_sample(panel: Any, test: Any) -> None:
    """Load the sample, run on it, accept every slice, export.

    Args:
        panel: of the open module.
        test: a ``unittest.TestCase``.
    """
    slicer.mrmlScene.Clear(0)
    own_engine = panel.control.engine
    test.assertIs(own_engine.state, State.IDLE)
    try:
        if missing_packages():
            shape = slicer.util.arrayFromVolume(load_sample()).shape
            panel.control.engine = ScriptedEngine(shape)
            # The panel asks for the packages; nothing is missing for a scripted run.
            panel.setup.missing = []
        panel.try_sample()
        _wait_for(panel)
        test.assertTrue(panel.control.message.startswith(_("Done: ")), panel.control.message)
        for entry in panel.review.run.record.slices.values():
            panel.reviewing.look_at(entry.index)
            panel.reviewing.accept()
        panel.exporting.to_node()
        path = Path(slicer.app.temporaryPath) / "hermes-test.seg.nrrd"
        to_file(panel.review, path)
        test.assertTrue(path.is_file())
    finally:
        panel.control.engine = own_engine


def _wait_for(panel: Any) -> None:
    end = time.monotonic() + _LIMIT
    while panel.control.running and time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.002)
