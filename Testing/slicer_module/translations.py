"""The panel's texts for translators: ``make translations``.

``Resources/Translations/HermesSegment_LANGUAGE.ts`` gets the texts as they are now: new ones as
unfinished, without those that are gone. What is translated is compiled to ``.qm``. Extraction is
Slicer's (``Utilities/Scripts/update_translations.py``): texts in ``_("...")`` become those of a
context named after the file, and Qt's ``lupdate`` collects them.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "HermesSegment"
TRANSLATIONS = MODULE / "Resources" / "Translations"
#: A text to translate, between the signs that Python allows; not ``__init__("...")``.
_MARKED = [
    re.compile(rf"([^_])_\((\s*?{sign}.+?{sign}\s*?)\)", re.DOTALL)
    for sign in ('"', "'", '"""', "'''")
]


def tool(name: str) -> str:
    """A program of Qt for translators that comes with PySide6."""
    import PySide6

    return str(Path(PySide6.__file__).parent / name)


def extract(ts: Path, module: Path = MODULE) -> None:
    """Bring a ``.ts`` file up to date with the module's texts."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "module"
        shutil.copytree(module, copied, ignore=shutil.ignore_patterns("__pycache__"))
        for path in copied.rglob("*.py"):
            path.write_text(_with_context(path), encoding="utf-8")
        files = sorted(str(path) for path in copied.rglob("*.*") if path.suffix in (".py", ".ui"))
        options = ["-noobsolete", "-locations", "none", "-silent", "-ts", str(ts)]
        subprocess.run([tool("lupdate"), *files, *options], check=True)


def compile_translation(ts: Path, qm: Path) -> None:
    """Compile what is translated; a text that is unfinished stays English."""
    subprocess.run([tool("lrelease"), "-silent", str(ts), "-qm", str(qm)], check=True)


def _with_context(path: Path) -> str:
    """A Python file with its context named at each text, as ``lupdate`` needs it."""
    package = f"{path.parent.name}." if (path.parent / "__init__.py").is_file() else ""
    # Comments with a colon are for readers of the code; lupdate takes them as words to translators.
    text = path.read_text(encoding="utf-8").replace("#:", "#")
    for pattern in _MARKED:
        text = pattern.sub(rf'\1translate("{package}{path.stem}", \2)', text)
    return text


def main() -> None:
    """All languages: those of the files that there are, and those named."""
    named = [TRANSLATIONS / f"HermesSegment_{language}.ts" for language in sys.argv[1:]]
    for ts in sorted({*TRANSLATIONS.glob("*.ts"), *named}):
        extract(ts)
        left = ts.read_text(encoding="utf-8").count('type="unfinished"')
        compile_translation(ts, ts.with_suffix(".qm"))
        print(f"{ts.name}: {left} texts are not translated")


if __name__ == "__main__":
    main()
