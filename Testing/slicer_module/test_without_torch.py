"""The module opens in a Slicer that lacks torch and the other packages of the engine."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "monai", "scipy", "skimage", "SimpleITK"):
            raise ModuleNotFoundError(f"No module named '{name}'")

from Testing import standins
standins.start()
sys.meta_path.insert(0, Missing())
sys.path.insert(0, "HermesSegment")
import qt, slicer
from pathlib import Path
from Testing.standins.application import register_module
register_module("HermesSegment", Path("HermesSegment/HermesSegment.py").resolve())
import HermesSegment
parent = slicer.qMRMLWidget()
parent.setLayout(qt.QVBoxLayout())
widget = HermesSegment.HermesSegmentWidget(parent)
widget.setup()
from HermesSegmentLib import review_report, run_nodes, run_record, slicer_app
widget.panel.setup.missing = ["torch"]
widget.panel.refresh()
print(widget.panel.ui.stateLabel.text, widget.panel.ui.runButton.enabled)
"""


def test_the_module_opens_without_torch_and_says_what_is_missing():
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip().endswith("Missing: PyTorch False")
