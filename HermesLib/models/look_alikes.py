"""Models whose official files cannot be distinguished: the tensors have the same names and shapes.

They want differently prepared images, so that a file of one gives poor masks as another. A known
checksum settles it; otherwise there is only the file's name.
"""

from pathlib import PurePath

from HermesLib.errors import HermesError
from HermesLib.notices import notice
from HermesLib.weights.official import official_file

_ALIKE = (("sam", "medsam", "scribbleprompt-sam"), ("sam2", "medsam2"))
#: What the names of official files begin with, without regard to capital letters.
_NAMES = (
    ("medsam2", "medsam2"),
    ("medsam", "medsam"),
    ("sam2", "sam2"),
    ("scribbleprompt", "scribbleprompt-sam"),
    ("sam_vit", "sam"),
)


def require_own_file(model: str, weights: str, sha256: str) -> None:
    """Refuse the known file of another model, and give notice of one that may be another's.

    Args:
        model: name in the registry.
        weights: name or path of an official file.
        sha256: of the file.

    Raises:
        HermesError: the file is known to be another model's.
    """
    official = official_file(sha256)
    if official is not None:
        if official.model != model:
            raise HermesError(f"{weights} is the official file of {official.model}, not of {model}")
        return
    group = next((names for names in _ALIKE if model in names), None)
    if group is None:
        return
    file = PurePath(weights).name.lower()
    named = next((owner for start, owner in _NAMES if file.startswith(start)), None)
    if named == model:
        return
    others = " or ".join(name for name in group if name != model)
    if named in group:
        notice(
            "weights-named-otherwise",
            f"by its name the weight file is one of {named}, and it is used as {model};"
            " nothing in it tells the two apart: make sure that this is what you mean",
        )
    else:
        notice(
            "weights-not-distinguished",
            f"the weight file is used as {model}; nothing in it tells whether it is of {model}"
            f" or of {others}: make sure that it is the right one",
        )
