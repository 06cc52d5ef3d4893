"""``slicer.i18n``: texts by file and source, as Slicer looks them up.

The rules are those of ``Base/Python/slicer/i18n.py``: the context is the name of the file, with its
package if it has one; a translation that lacks a placeholder is not taken.
"""

import inspect
import re
from functools import cache
from pathlib import Path

from Testing.standins import pythonqt as qt


def translate(context: str, text: str) -> str:
    """A text of a context in the language of the application."""
    return qt.QCoreApplication.translate(context, text)


@cache
def context_of(file: str) -> str:
    """The context of a file's texts.

    >>> context_of(__file__)
    'standins.i18n'
    """
    path = Path(file)
    package = f"{path.parent.name}." if (path.parent / "__init__.py").is_file() else ""
    return package + path.stem


def tr(text: str) -> str:
    """A text of the calling file in the language of the application."""
    caller = inspect.currentframe().f_back
    translated = translate(context_of(caller.f_code.co_filename), text)
    return translated if placeholders(text) == placeholders(translated) else text


def placeholders(text: str) -> set[str]:
    """The names in braces.

    >>> sorted(placeholders("{count} of {total:.2f}"))
    ['count', 'total:.2f']
    """
    return set(re.findall(r"(?<!\{)\{([^{}]+)\}(?!\})", text))
