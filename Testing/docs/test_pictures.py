"""The picture of the architecture shows the imports that the code has."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "generate" / "architecture_picture.py"
DRAW = f"python docs/generate/{SCRIPT.name} docs/images/architecture.svg"


def test_the_picture_is_that_of_the_code():
    drawn = (ROOT / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8")
    assert drawn == runpy.run_path(str(SCRIPT))["picture"](), f"draw it again: {DRAW}"


def test_arrows_that_follow_from_others_are_left_out():
    script = runpy.run_path(str(SCRIPT))
    graph = {"panel": {"runs", "io"}, "runs": {"io"}, "io": set()}
    assert script["needed"](graph) == {"panel": {"runs"}, "runs": {"io"}, "io": set()}
    assert script["layers"](graph) == [["io"], ["runs"], ["panel"]]
