"""What NRRD and MetaImage headers leave open, which ITK fills in without a word.

Both headers are lines of text before the voxels.
"""

import re
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.notices import notice

#: Bytes that may hold a header; longer ones are no headers of images.
_LONGEST = 1 << 16
#: Spaces of NRRD that state how the patient lies, by their long and short names.
_PATIENT_SPACES = re.compile(
    r"(left|right)-(posterior|anterior)-(superior|inferior)(-time)?|[lr][pa][si]t?", re.IGNORECASE
)
_NOT_A_NUMBER = re.compile(r"\bnan\b|\binf", re.IGNORECASE)


def check_text_header(path: Path, role: str) -> bool:
    """Check the header of an NRRD or MetaImage file; whether it states how the patient lies.

    Args:
        path: of the file.
        role: what the image is to the run, for notices.

    Raises:
        HermesError: a spacing that is not a number, or lengths in another unit than mm.
    """
    with open(path, "rb") as stream:
        text = stream.read(_LONGEST).split(b"\n\n")[0].split(b"\r\n\r\n")[0]
    lines = text.decode("latin-1").splitlines()
    if path.suffix.lower() in (".nrrd", ".nhdr"):
        return _check_nrrd(_fields(lines, ":"), path.name, role)
    return _check_metaimage(_fields(lines, "="), role)


def _fields(lines: list[str], sign: str) -> dict[str, str]:
    parts = (line.partition(sign) for line in lines if not line.startswith("#"))
    return {key.strip().lower(): value.strip() for key, found, value in parts if found}


def _check_nrrd(fields: dict[str, str], name: str, role: str) -> bool:
    spacing = fields.get("space directions", fields.get("spacings", ""))
    if _NOT_A_NUMBER.search(spacing):
        raise HermesError(f"the header of {name} places no voxel grid: a spacing is not a number")
    units = set(re.findall(r'"([^"]*)"', fields.get("space units", "") or fields.get("units", "")))
    if units - {"mm", "millimeter", "millimeters", "???", ""}:
        raise HermesError(
            f"{name} states lengths in {', '.join(sorted(units))}; HERMES reads millimetres"
        )
    axes = re.findall(r"none|\([^)]*\)|[^\s()]+", spacing, re.IGNORECASE)
    if len(axes) < 2 or any(axis.lower() == "none" for axis in axes[:3]):
        _say_no_spacing(role)
    oriented = "space directions" in fields and bool(
        _PATIENT_SPACES.fullmatch(fields.get("space", ""))
    )
    if not oriented:
        notice(
            "orientation-unknown",
            f"the file of {role} does not state how the patient lies; its slices are taken as"
            " stored",
        )
    return oriented


def _check_metaimage(fields: dict[str, str], role: str) -> bool:
    if not {"elementspacing", "elementsize"} & set(fields):
        _say_no_spacing(role)
    return True


def _say_no_spacing(role: str) -> None:
    notice("spacing-unknown", f"the file of {role} states no voxel spacing; 1 mm is taken")
