"""Extensions: found through entry points, skipped where they are not installed, never silenced."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch

from HermesLib import extensions
from HermesLib.cli.main import main
from HermesLib.errors import HermesError
from HermesLib.extensions import GROUP, load_extensions
from HermesLib.presets.registry import load_preset
from HermesLib.quality import registry
from HermesLib.quality.registry import QUALITY_CONTROLS, load_quality
from HermesLib.weights.checkpoint import save_checkpoint


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points that are installed; empty at first."""
    installed: list[EntryPoint] = []
    monkeypatch.setattr(extensions, "entry_points", lambda group: installed)
    monkeypatch.setattr(extensions, "COMMANDS", {})
    monkeypatch.setattr(registry, "COMMANDS", extensions.COMMANDS)
    monkeypatch.setattr(registry, "QUALITY_CONTROLS", dict(QUALITY_CONTROLS))
    for name in [name for name in QUALITY_CONTROLS if name != "diffusion"]:
        registry.QUALITY_CONTROLS.pop(name)
    load_extensions.cache_clear()
    yield installed
    load_extensions.cache_clear()


def write_module(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    return EntryPoint(name, f"{name}:register", GROUP)


def test_an_extension_adds_a_command(
    entries: list[EntryPoint],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    text = (
        "def register():\n"
        "    from HermesLib import extensions\n"
        "    extensions.COMMANDS['greet'] = 'greeting_extension'\n"
        "def add_parser(subparsers):\n"
        "    greet = subparsers.add_parser('greet')\n"
        "    greet.set_defaults(run=lambda arguments: print('hello') or 0)\n"
    )
    entries.append(write_module(tmp_path, "greeting_extension", text, monkeypatch))
    assert main(["greet"]) == 0
    assert capsys.readouterr().out == "hello\n"


def test_an_extension_that_is_not_installed_is_skipped(entries: list[EntryPoint]):
    entries.append(EntryPoint("research", "HermesLib.not_installed:register", GROUP))
    load_extensions()


def test_errors_inside_an_extension_are_raised(
    entries: list[EntryPoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    entries.append(write_module(tmp_path, "broken_extension", "import not_a_package", monkeypatch))
    with pytest.raises(ModuleNotFoundError, match="not_a_package"):
        load_extensions()


def test_without_the_research_wing_its_commands_say_how_to_get_it(
    entries: list[EntryPoint], capsys: pytest.CaptureFixture[str]
):
    for words in (["research"], ["research", "--help"], ["research", "tables", "-o", "x"]):
        assert main(words) == 2
        assert capsys.readouterr().err.count("pip install -e .") == 1


def test_without_the_research_wing_a_rival_is_unknown_and_the_message_says_how_to_get_it(
    entries: list[EntryPoint], tmp_path: Path
):
    save_checkpoint(tmp_path / "rival.safetensors", {"a": torch.zeros(1)}, "postdae", {})
    for name in ("postdae", str(tmp_path / "rival.safetensors")):
        with pytest.raises(HermesError, match="research wing"):
            load_quality(name, load_preset("prostate-t2"), torch.device("cpu"))


def test_listing_quality_controls_and_commands_imports_no_torch():
    program = (
        "import sys; from HermesLib.cli.main import build_parser; build_parser(); "
        "from HermesLib.quality.registry import QUALITY_CONTROLS; "
        "assert 'postdae' in QUALITY_CONTROLS; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
