"""The panel in other languages: every visible text can be translated, German is whole."""

import ast
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
import qt
import slicer

from HermesLib.guides.registry import GUIDES
from HermesLib.judges.registry import JUDGES
from HermesLib.models.registry import MODELS
from HermesLib.presets.registry import preset_names
from HermesLib.prompts.registry import PROMPTS, kind_title
from HermesLib.report.colours import WORDS
from HermesLib.report.words import MIXED, SCORE_WORDS
from HermesSegmentLib import library_words, translation
from HermesSegmentLib.steering import choice_title, organ_choices
from Testing.slicer_module.driving import play
from Testing.slicer_module.translations import MODULE, TRANSLATIONS, extract, tool
from Testing.standins.i18n import placeholders
from Testing.standins.sources import source_text

Message = tuple[str, str]
SLICERS = "Utilities/Scripts/update_translations.py"
#: Attributes and methods of widgets that show a text.
SHOWN = {"text", "toolTip", "title", "windowTitle", "placeholderText", "statusTip"}
SHOWN_BY = {"setText", "setToolTip", "setTitle", "setWindowTitle", "addItem", "setItemText"}


def messages(ts: Path) -> dict[Message, ET.Element]:
    """Translations of a file by context and text."""
    return {
        (context.findtext("name"), message.findtext("source")): message.find("translation")
        for context in ET.parse(ts).getroot().iter("context")
        for message in context.iter("message")
    }


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[Message]:
    ts = tmp_path_factory.mktemp("extracted") / "HermesSegment_en.ts"
    extract(ts)
    return set(messages(ts))


def marked_texts() -> Iterator[Message]:
    """All texts in the module that are marked as visible, by the syntax of Python and Qt."""
    for path in MODULE.rglob("*.py"):
        context = f"HermesSegmentLib.{path.stem}" if "Lib" in path.parent.name else path.stem
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_":
                (text,) = call.args
                assert isinstance(text, ast.Constant), f"{path.name}: {ast.unparse(text)}"
                yield context, text.value
    interface = ET.parse(MODULE / "Resources" / "UI" / "HermesSegment.ui").getroot()
    for parent in interface.iter():
        for text in parent.findall("string"):
            if text.text and text.get("notr") != "true" and parent.tag != "stringlist":
                yield "HermesSegment", text.text


def test_extraction_finds_every_marked_text(extracted: set[Message]):
    marked = set(marked_texts())
    assert len(marked) > 500
    assert marked - extracted == set()


def test_slicers_own_extraction_finds_the_same(tmp_path: Path, extracted: set[Message]):
    script = tmp_path / "update_translations.py"
    script.write_text(source_text("Slicer/Slicer", SLICERS), encoding="utf-8")
    shutil.copytree(MODULE, tmp_path / "module", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "translations").mkdir()
    command = [sys.executable, str(script), "--lupdate", tool("lupdate"), "-c", "HermesSegment"]
    command += ["-s", str(tmp_path / "module"), "-t", str(tmp_path / "translations"), "-l", "de"]
    subprocess.run(command, check=True, capture_output=True)
    assert set(messages(tmp_path / "translations" / "HermesSegment_de.ts")) == extracted


def shown_values() -> Iterator[tuple[str, ast.expr]]:
    """What the module gives to attributes and methods that show a text, by file."""
    for path in MODULE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and any(
                getattr(target, "attr", "") in SHOWN for target in node.targets
            ):
                yield path.name, node.value
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SHOWN_BY:
                yield from ((path.name, value) for value in node.args)


def test_no_widget_shows_a_text_that_is_not_marked():
    unmarked = []
    for name, value in shown_values():
        parts = value.values if isinstance(value, ast.JoinedStr) else [value]
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        if re.search(r"[a-z]{2}", re.sub(r"<[^>]*>", "", " ".join(map(str, texts)))):
            unmarked.append(f"{name}: {ast.unparse(value)}")
    assert unmarked == []


def test_the_librarys_words_are_listed():
    scores = [*SCORE_WORDS.values(), MIXED]
    used = {word for s in scores for word in (s.name, s.short, s.mean, s.range, s.caution)}
    used |= {*WORDS.values(), *(entry.title for entry in JUDGES.values())}
    used |= {text for entry in GUIDES.values() for text in (entry.title, entry.path_title)}
    used |= {entry.title for entry in MODELS.values()}
    used |= {kind_title(kind) for entry in MODELS.values() for kind in entry.kinds_alone}
    used |= {text for entry in PROMPTS.values() for text in (entry.title, entry.title.lower())}
    used |= {choice_title(choice) for choice in (*organ_choices(), *preset_names())}
    # Empty: a guide that takes no path, an estimate without a caution.
    assert set(library_words.listed()) == used - {""}


def test_german_is_whole_and_keeps_every_placeholder(extracted: set[Message]):
    german = messages(TRANSLATIONS / "HermesSegment_de.ts")
    assert set(german) == extracted, "run `make translations` and translate what is new"
    for (context, text), translated in german.items():
        assert translated.get("type") is None and translated.text, f"{context}: {text}"
        assert placeholders(text) == placeholders(translated.text), text
        assert text.count("<b>") == translated.text.count("<b>"), text


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application's language is German; its translators are removed again."""
    installed = []
    install = qt.QCoreApplication.installTranslator
    monkeypatch.setattr(slicer.app, "applicationLocaleName", "de_DE", raising=False)
    monkeypatch.setattr(
        qt.QCoreApplication,
        "installTranslator",
        lambda translator: installed.append(translator) or install(translator),
    )
    translation.install_translation()
    yield
    for translator in installed:
        qt.QCoreApplication.removeTranslator(translator)
    assert installed


def test_what_is_compiled_is_what_is_translated():
    translator = qt.QTranslator()
    assert translator.load(str(TRANSLATIONS / "HermesSegment_de.qm"))
    for (context, text), translated in messages(TRANSLATIONS / "HermesSegment_de.ts").items():
        assert translator.translate(context, text) == translated.text, "run `make translations`"


def test_the_panel_is_german_in_a_german_slicer(german, panel, engine):
    ui = panel.ui
    assert (ui.runButton.text, ui.acceptButton.text) == ("Start", "Annehmen")
    assert ui.modelCombo.currentText == "ScribblePrompt UNet (Striche, Klicks, Rahmen)"
    assert ui.presetCombo.currentText == "Prostata, T2-gewichtetes MR"
    ui.runButton.click()
    play(panel, engine)
    assert "Schichten müssen angesehen werden" in ui.summaryLabel.text
    assert "eschätzte Qualität des Ganzen" in ui.summaryLabel.text
