"""The wheel: the product without the research wing, which names the way to get the rest."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from Testing.rivals_weights import needs_rivals

ROOT = Path(__file__).resolve().parents[2]
#: All but the weights, whose own limit is tested beside them.
MOST_BYTES_BESIDE_WEIGHTS = 1.5e6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    built = subprocess.run([*pip, str(ROOT)], capture_output=True, encoding="utf-8", check=False)
    if built.returncode != 0 and "hatchling" in built.stdout + built.stderr:
        pytest.skip("the build backend hatchling cannot be installed here")
    assert built.returncode == 0, built.stderr[-2000:]
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_python(unpacked: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with the unpacked wheel before everything else."""
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r}); "
    command = [sys.executable, "-c", code + words[0], *words[1:]]
    return subprocess.run(command, cwd=unpacked, capture_output=True, encoding="utf-8", check=False)


HERMES = "from HermesLib.cli.main import main; sys.exit(main(sys.argv[1:]))"


@needs_rivals
def test_the_wheel_is_the_product_alone(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        weights = sum(
            item.compress_size
            for item in archive.infolist()
            if item.filename.endswith(".safetensors")
        )
    assert "HermesLib/refinement/refiner.py" in names
    assert "HermesLib/resources/Presets/prostate-t2.json" in names
    assert "HermesLib/resources/Weights/qc-prostate-t2.safetensors" in names
    assert not [name for name in names if name.lower().count("research/")]
    rivals = {path.name for path in (ROOT / "Resources" / "Research").glob("*.safetensors")}
    assert rivals and not rivals & {name.split("/")[-1] for name in names}
    assert wheel.stat().st_size - weights < MOST_BYTES_BESIDE_WEIGHTS


def test_the_source_archive_has_the_research_wing():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
        "build"
    ]
    assert {"HermesLib", "Resources"} <= set(build["targets"]["sdist"]["include"])
    assert "exclude" not in build["targets"]["sdist"]


def test_the_product_of_the_wheel_loads_its_bundled_weights(unpacked: Path):
    program = (
        "import torch, HermesLib; from HermesLib.presets.registry import load_preset; "
        "from HermesLib.quality.registry import load_quality; "
        "quality = load_quality('diffusion', load_preset('prostate-t2'), torch.device('cpu')); "
        "print(quality.name, HermesLib.__file__)"
    )
    ended = run_python(unpacked, program)
    assert ended.returncode == 0, ended.stderr
    name, path = ended.stdout.split()
    assert name == "qc-prostate-t2"
    assert Path(path).is_relative_to(unpacked)


@pytest.mark.parametrize("words", [["research"], ["research", "tables", "-o", "x"]])
def test_the_wheel_says_how_to_get_the_research_commands(unpacked: Path, words: list[str]):
    ended = run_python(unpacked, HERMES, *words)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "pip install -e ." in ended.stderr


def test_the_wheel_says_that_a_rival_belongs_to_the_research_wing(unpacked: Path):
    program = (
        "import torch; from HermesLib.presets.registry import load_preset; "
        "from HermesLib.quality.registry import load_quality; "
        "load_quality('postdae', load_preset('prostate-t2'), torch.device('cpu'))"
    )
    message = run_python(unpacked, program).stderr.splitlines()[-1]
    assert "unknown quality control 'postdae'; choose diffusion" in message
    assert "research wing" in message and "pip install -e ." in message
