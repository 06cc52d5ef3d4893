"""Which labels of a program or data set are an organ."""

from collections.abc import Collection, Mapping

from HermesLib.errors import HermesError
from HermesLib.guides.programs.organ_names import organ_names
from HermesLib.io.mask_values import Labels
from HermesLib.notices import notice

#: Labels that mean no organ.
_NOTHING = ("background", "ignore")
#: Labels listed in a message, at most.
_LISTED = 12


def choose_labels(
    names: Mapping[int, str], organ_label: str, chosen: Labels, title: str
) -> list[int]:
    """The values of an organ among those of a program.

    Args:
        names: of the values; what is called background is none.
        organ_label: as data sets name the organ.
        chosen: the values that the user wants, ``()`` for all; None: the one with the organ's name,
            or the only one.
        title: of the guide, for messages.

    Raises:
        HermesError: no such value, or none with the organ's name among several.
    """
    organs = {value: name for value, name in names.items() if name.lower() not in _NOTHING}
    if chosen is not None:
        if missing := [value for value in chosen if value not in organs]:
            raise HermesError(f"{title} has no label {missing[0]}; it has {_listed(organs)}")
        return list(chosen or organs)
    found = set(organ_names(organ_label, organs.values()))
    if found:
        return [value for value, name in organs.items() if name in found]
    if len(organs) == 1:
        value, name = next(iter(organs.items()))
        notice(
            "guide-only-label",
            f"the only label of {title}, '{name}', is taken as the {organ_label}",
        )
        return [value]
    raise HermesError(
        f"{title} has no label '{organ_label}', but {_listed(organs)}; choose the organ's with"
        " --guide-labels N"
    )


def listed_names(names: Collection[str]) -> str:
    """Names in a message; of many, the first ones."""
    shown = ", ".join(sorted(names)[:_LISTED])
    more = len(names) - _LISTED
    return shown if more <= 0 else f"{shown} and {more} more"


def _listed(organs: Mapping[int, str]) -> str:
    shown = [f"{value} ({name})" for value, name in list(organs.items())[:_LISTED]]
    more = len(organs) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
