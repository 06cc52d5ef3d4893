"""The panel in the language that is chosen in Slicer, if the module has its translation.

Slicer loads the translations of its own folder only, where a language pack puts them. The module
brings its own: texts (``.ts``), compiled by Qt's ``lrelease`` (``.qm``).
"""

from pathlib import Path

import qt
import slicer

_TRANSLATIONS = Path(__file__).parents[1] / "Resources" / "Translations"


def install_translation() -> None:
    """Show the module's texts in the application's language; English where there is no file.

    To be called before the first text is shown. Qt keeps an installed translation to the end.
    """
    language = str(slicer.app.applicationLocaleName).partition("_")[0]
    compiled = _TRANSLATIONS / f"HermesSegment_{language}.qm"
    if not compiled.is_file():
        return
    translator = qt.QTranslator(qt.QCoreApplication.instance())
    if translator.load(str(compiled)):
        qt.QCoreApplication.installTranslator(translator)
