"""The weights of the rivals are in the development's repository, not in the published one."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "Resources" / "Research"

#: Of a test that reads them. ``docs/release.md`` says why they are left out.
needs_rivals = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the weights of the rivals are not in this checkout"
)
