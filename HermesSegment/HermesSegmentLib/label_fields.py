"""Which labels are the organ, where the file of a guide or the masks of examples hold several."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

_LABELS = re.compile(r"all|-?\d+(\+-?\d+)*")


def are_labels(text: str) -> bool:
    """Whether a text names labels: ``3``, ``1+2`` or ``all``."""
    return _LABELS.fullmatch(text.strip()) is not None


def labels_of(text: str) -> tuple[int, ...] | None:
    """The labels that a field names, as a request has them: ``()`` for all, None for the only one.

    >>> labels_of("1+2"), labels_of("all"), labels_of(" ")
    ((1, 2), (), None)
    """
    if not are_labels(text):
        return None
    return () if text.strip() == "all" else tuple(int(part) for part in text.split("+"))


def labels_text(labels: tuple[int, ...]) -> str:
    """Labels as the command line names them."""
    return "+".join(map(str, labels)) or "all"


def labels_obstacle(text: str) -> str:
    """Why a field's text cannot be used; empty if it can."""
    if not text.strip() or are_labels(text):
        return ""
    return _("The organ's label must be a number such as 3, several as 1+2, or all")


class LabelField:
    """A field for labels, and the button that lists those of the file.

    Args:
        edit: the field.
        button: lists the labels.
        path: the file or folder that the labels are of; None while there is none.
        values: reads its labels.
    """

    def __init__(
        self,
        edit: Any,
        button: Any,
        path: Callable[[], Path | None],
        values: Callable[[Path], tuple[int, ...]],
    ) -> None:
        self.edit, self.button, self._path, self._values = edit, button, path, values
        self._tip, self._only = edit.toolTip, edit.placeholderText
        #: What was read last.
        self._read: Path | None = None
        button.connect("clicked()", self.list_labels)

    def refresh(self) -> None:
        """Offer to read a file where there is one; forget what another file held."""
        path = self._path()
        self.button.setVisible(path is not None)
        if path != self._read:
            self._show(None, self._only)

    def list_labels(self) -> None:
        """Read the file, and show the labels that it holds."""
        path = self._path()
        with slicer.util.tryWithErrorDisplay(_("The labels could not be read."), waitCursor=True):
            if path is not None:
                found = ", ".join(map(str, self._values(path)))
                self._show(path, _("Found: {labels}").format(labels=found))

    def _show(self, path: Path | None, words: str) -> None:
        self._read, self.edit.placeholderText = path, words
        # A long list has no room in the field.
        self.edit.toolTip = self._tip if path is None else f"{self._tip}\n{words}"
