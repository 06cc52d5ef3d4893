"""``slicer.testing``, as far as ``ctest`` uses it (``Base/Python/slicer/testing.py``)."""

import sys
import unittest


def exitFailure(message: str = "") -> None:
    """End a test that has failed."""
    raise Exception(message)


def runUnitTest(path: str | list[str], testname: str) -> None:
    """Run the tests of a module that is found on ``path``."""
    sys.path.extend([path] if isinstance(path, str) else path)
    suite = unittest.TestLoader().loadTestsFromName(testname)
    if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
        exitFailure()
