"""The terms of the bundled weights, which the user accepts before they are first used."""

import slicer
from slicer.i18n import tr as _

_KEY = "HermesSegment/AcceptedWeightTerms"
#: Raised when the terms change, so that the user is asked again.
_VERSION = "1"


def terms_text() -> str:
    """What the user accepts."""
    return _(
        "The networks that come with HERMES were trained on data that may be used for research"
        " only. They and their results are for research: not for clinical use, and not for"
        " commercial use. Each network's card, beside its file, names data and terms.\n\n"
        "Do you accept these terms?"
    )


def accept_terms() -> bool:
    """Whether the user has accepted the terms; asks once for all runs on this computer."""
    settings = slicer.app.userSettings()
    # In a test nobody answers, and Slicer's own dialogs then say no.
    if settings.value(_KEY, "") == _VERSION or slicer.app.testingEnabled():
        return True
    if not slicer.util.confirmYesNoDisplay(terms_text(), windowTitle=_("HERMES: research only")):
        return False
    settings.setValue(_KEY, _VERSION)
    return True
