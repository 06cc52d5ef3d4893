"""Slicer's launcher for ``ctest``: loads modules and runs the code of a test, with stand-ins.

    application.py --testing --additional-module-paths FOLDER --python-code CODE

As in a Slicer that was just built, the packages of the engine are missing.
"""

import argparse
import importlib.metadata
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: Not in a Slicer without the extension PyTorch.
MISSING = ("torch", "torchvision", "monai", "segment-anything", "segment_anything", "safetensors")


class _Missing:
    """Finds no package that such a Slicer lacks."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


def main() -> None:
    """Start, run the code, and exit with 1 if it raises."""
    parser = argparse.ArgumentParser()
    for switch in ("--no-splash", "--testing", "--no-main-window"):
        parser.add_argument(switch, action="store_true")
    parser.add_argument("--additional-module-paths", type=Path)
    parser.add_argument("--python-code")
    arguments = parser.parse_args()
    version = importlib.metadata.version

    def missing(name: str) -> str:
        if name in MISSING:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    importlib.metadata.version = missing
    sys.meta_path.insert(0, _Missing())
    sys.path.insert(0, str(ROOT))
    from Testing import standins

    standins.start()
    # HermesLib must come from the build tree, not from this checkout.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    import slicer

    from Testing.standins import main_window, slicer_testing

    sys.modules["slicer.testing"] = slicer.testing = slicer_testing
    if not arguments.no_main_window:
        slicer.app.main_window = main_window.MainWindow()
    main_window.load_modules(arguments.additional_module_paths)
    exec(arguments.python_code, {"slicer": slicer})


if __name__ == "__main__":
    main()
