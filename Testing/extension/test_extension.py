"""The Slicer extension: descriptions agree, it installs the product, it needs no checkout."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def cmake_values() -> dict[str, str]:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    values = re.findall(r'set\(EXTENSION_(\w+)\s+"([^"]*)"\)', text)
    return {name.lower(): value for name, value in values}


def s4ext_values() -> dict[str, str]:
    lines = [
        line
        for line in (ROOT / "HermesExtension.s4ext").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return dict(line.split(" ", 1) for line in lines)


def test_the_three_descriptions_agree():
    built, listed = cmake_values(), s4ext_values()
    entry = json.loads((ROOT / "HermesExtension.json").read_text(encoding="utf-8"))
    for name in (
        "homepage",
        "category",
        "contributors",
        "description",
        "iconurl",
        "screenshoturls",
        "depends",
    ):
        assert built[name] == listed[name], name
    assert entry["category"] == built["category"]
    assert entry["scm_url"] == listed["scmurl"] and entry["scm_revision"] == listed["scmrevision"]
    assert entry["build_dependencies"] == listed["depends"].split()
    assert f"project({'HermesExtension'})" in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


def test_the_entry_follows_the_schema_of_the_extensions_index():
    entry = json.loads((ROOT / "HermesExtension.json").read_text(encoding="utf-8"))
    # Required and allowed keys of slicer-extension-catalog-entry-schema-v1.0.2.
    assert {"$schema", "category", "scm_url"} <= set(entry)
    allowed = (
        "$schema category scm_url scm_revision scm_type build_dependencies dicom_support_rule "
        "build_subdirectory enabled tier"
    )
    assert set(entry) <= set(allowed.split())
    assert entry["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert 1 <= entry["tier"] <= 5


def test_icon_and_screenshot_exist_and_the_icon_is_128_pixels_wide():
    from PIL import Image

    built = cmake_values()
    for name in ("iconurl", "screenshoturls"):
        for url in built[name].split():
            assert (ROOT / url.split("/main/")[1]).is_file(), url
    with Image.open(ROOT / "HermesSegment/Resources/Icons/HermesSegment.png") as icon:
        assert icon.size == (128, 128)


def test_every_file_of_the_module_is_listed_for_installation():
    module = ROOT / "HermesSegment"
    listed = (module / "CMakeLists.txt").read_text(encoding="utf-8")
    for path in [*module.glob("HermesSegmentLib/*.py"), *module.glob("Resources/*/*")]:
        name = (
            path.relative_to(module).as_posix().replace("HermesSegment.png", "${MODULE_NAME}.png")
        )
        assert name.replace("HermesSegment.ui", "${MODULE_NAME}.ui") in listed, name


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The build tree after a real cmake has built the extension."""
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not installed")
    build, home = tmp_path_factory.mktemp("build"), tmp_path_factory.mktemp("slicer")
    sdk = ROOT / "Testing" / "extension" / "slicer_sdk"
    defined = {
        "Slicer_DIR": sdk,
        "SLICER_STANDIN_PYTHON": sys.executable,
        "BUILD_TESTING": "ON",
        "CMAKE_INSTALL_PREFIX": home,
    }
    values = [f"-D{name}={value}" for name, value in defined.items()]
    for command in ([cmake, "-S", str(ROOT), "-B", str(build), *values], [cmake, "--build", build]):
        subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return build


@pytest.fixture(scope="module")
def installed(built: Path) -> Path:
    """The folder of scripted modules after cmake has installed the extension."""
    ended = subprocess.run(
        ["cmake", "--install", str(built)], check=True, capture_output=True, encoding="utf-8"
    )
    home = re.search(r"-- (?:Installing|Up-to-date): (.*/qt-scripted-modules)/", ended.stdout)
    return Path(home[1])


def test_the_build_tree_is_complete(built: Path):
    modules = built / "lib" / "Slicer-5.10" / "qt-scripted-modules"
    assert (modules / "HermesSegment.py").is_file()
    assert (modules / "HermesSegmentLib" / "panel.py").is_file()
    assert (modules / "HermesLib" / "engine" / "worker.py").is_file()
    assert list((modules / "HermesLib" / "resources" / "Weights").glob("*.safetensors"))


def test_ctest_of_the_built_extension_passes_in_a_slicer_without_pytorch(built: Path):
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    pytest.importorskip("PySide6")
    ended = subprocess.run(
        ["ctest", "--test-dir", str(built), "--output-on-failure"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
    assert "2 tests passed" in ended.stdout or "0 tests failed out of 2" in ended.stdout


def test_the_slicer_package_is_the_product_without_training_and_research(installed: Path):
    library = installed / "HermesLib"
    assert (library / "refinement" / "refiner.py").is_file()
    left_out = ("research", "training", "evaluation")
    assert not [name for name in left_out if (library / name).exists()]
    resources = sorted(path.name for path in (library / "resources").iterdir())
    assert resources == ["Presets", "Weights"]
    rivals = {path.stem for path in (ROOT / "Resources" / "Research").glob("*.safetensors")}
    assert rivals and not rivals & {path.stem for path in installed.rglob("*.safetensors")}
    # The Extensions Index looks closer at packages above 100 MB.
    assert sum(path.stat().st_size for path in installed.rglob("*") if path.is_file()) < 50e6


def run_installed(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``python -m HermesLib`` of the package, without the checkout."""
    code = (
        "import sys; root = sys.argv.pop(1);"
        "sys.path[:] = ['', *(path for path in sys.path if path != root)];"
        "from HermesLib.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, str(ROOT), *words]
    return subprocess.run(
        command, cwd=installed, capture_output=True, encoding="utf-8", check=False
    )


def test_the_packages_command_line_says_what_it_leaves_out(installed: Path):
    assert "refine" in run_installed(installed, "--help").stdout
    train = ["train", "organ", "--data", "decathlon:x", "--organ", "liver", "-o", "y"]
    for words in (train, ["evaluate", "loop", "--data", "x", "-o", "y"]):
        ended = run_installed(installed, *words)
        assert ended.returncode == 2 and len(ended.stderr.splitlines()) == 1, ended.stderr
        assert "install HERMES with pip" in ended.stderr


_PROGRAM = """
import sys
modules, standins, checkout = sys.argv[1:]
sys.path[:0] = [modules, standins]
from Testing import standins
standins.start()
# An editable installation puts the checkout on the path.
sys.path[:] = [entry for entry in sys.path if entry != checkout]
import qt, slicer
from pathlib import Path
from Testing.standins.application import register_module
register_module("HermesSegment", Path(modules) / "HermesSegment.py")
import HermesSegment
parent = slicer.qMRMLWidget()
parent.setLayout(qt.QVBoxLayout())
widget = HermesSegment.HermesSegmentWidget(parent)
widget.setup()
panel = widget.panel
panel.parameters.maximumIterations = 0
panel.try_sample()
while panel.control.running:
    slicer.app.processEvents()
print(panel.control.message)
for entry in panel.review.run.record.slices.values():
    panel.reviewing.look_at(entry.index)
    panel.reviewing.accept()
panel.exporting.to_node()
widget.cleanup()
import HermesLib
print(HermesLib.__file__)
"""


def test_the_installed_module_runs_the_sample_without_the_checkout(installed, tmp_path):
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    pytest.importorskip("PySide6")
    shutil.copytree(ROOT / "Testing" / "standins", tmp_path / "Testing" / "standins")
    command = [sys.executable, "-c", _PROGRAM, str(installed), str(tmp_path), str(ROOT)]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    *_, message, library = ended.stdout.splitlines()
    assert message.startswith("Done: ")
    assert Path(library).is_relative_to(installed)
