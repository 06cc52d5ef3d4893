"""What may tell apart slices of one series that lie at the same position."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

#: Finds an element of a frame by keyword, or by private tag; None where there is none.
Lookup = Callable[[str | tuple[int, int]], Any]
#: GE adds this to some b-values.
_GE_OFFSET = 100_000
#: b-values of manufacturers: Siemens, Philips, GE.
_PRIVATE_B_VALUES = ((0x0019, 0x100C), (0x2001, 0x1003), (0x0043, 0x1039))
#: The dimensions of a multi-frame file are called by their place.
_DIMENSION = "dimension"


@dataclass(frozen=True)
class Attribute:
    """An attribute, and how its values are shown in a list.

    Attributes:
        name: for messages.
        text: format of a value; without a value, parts are counted instead, as of times.
        keywords: elements that hold it, the first that is there counts.
    """

    name: str
    text: str
    keywords: tuple[str, ...]


#: In the order in which they are tried: the more specific first.
ATTRIBUTES = (
    Attribute("b-value", "b = {} s/mm2", ("DiffusionBValue",)),
    Attribute("echo time", "echo time {} ms", ("EffectiveEchoTime", "EchoTime")),
    Attribute("echo", "echo {}", ("EchoNumbers",)),
    Attribute("inversion time", "inversion time {} ms", ("InversionTime", "InversionTimes")),
    Attribute("component", "{}", ("ComplexImageComponent",)),
    Attribute("image type", "type {}", ("FrameType", "ImageType")),
    Attribute(
        "temporal position",
        "temporal position {}",
        ("TemporalPositionIndex", "TemporalPositionIdentifier"),
    ),
    Attribute(
        "trigger time",
        "trigger time {} ms",
        ("NominalCardiacTriggerDelayTime", "TriggerTime", "TemporalPositionTimeOffset"),
    ),
    Attribute("flip angle", "flip angle {}", ("FlipAngle",)),
    Attribute("stack", "stack {}", ("StackID",)),
    Attribute("segment", "segment {}", ("ReferencedSegmentNumber",)),
    Attribute("kernel", "kernel {}", ("ConvolutionKernel",)),
    Attribute("tube voltage", "{} kV", ("KVP",)),
    Attribute("acquisition", "acquisition {}", ("FrameAcquisitionNumber", "AcquisitionNumber")),
    Attribute("sequence", "sequence {}", ("SequenceName", "PulseSequenceName")),
    Attribute("options", "options {}", ("ScanOptions",)),
    Attribute("diffusion direction", "", ("DiffusionGradientOrientation",)),
    Attribute("frame time", "", ("FrameReferenceTime", "FrameReferenceDateTime")),
    Attribute("acquisition time", "", ("AcquisitionDateTime", "AcquisitionTime")),
    Attribute("content time", "", ("ContentTime",)),
)
_BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}


def read_attributes(find: Lookup) -> dict[str, Hashable]:
    """The attributes of one frame that have a value, by name."""
    values: dict[str, Hashable] = {}
    for attribute in ATTRIBUTES:
        for keyword in attribute.keywords:
            value = _plain(find(keyword))
            if value is not None:
                values[attribute.name] = value
                break
    if "b-value" not in values:
        b_value = _private_b_value(find)
        if b_value is not None:
            values["b-value"] = b_value
    for place, index in enumerate(_plain(find("DimensionIndexValues")) or ()):  # type: ignore[arg-type,var-annotated]
        values[f"{_DIMENSION} {place + 1}"] = index
    return values


def names_in(attributes: Mapping[str, Hashable]) -> list[str]:
    """The names of attributes in the order in which they are tried."""
    dimensions = sorted(name for name in attributes if name.startswith(_DIMENSION))
    return [*_BY_NAME, *dimensions]


def value_text(name: str, value: Hashable, place: int, count: int) -> str:
    """A part in a list: by its value, or as the place-th (from 1) of several."""
    text = _BY_NAME[name].text if name in _BY_NAME else ""
    if not text:
        return f"part {place} of {count} by {name}"
    if value is None:
        return f"no {name}"
    parts = value if isinstance(value, tuple) else (value,)
    return text.format(" ".join(_number_text(part) for part in parts))


def _number_text(part: Hashable) -> str:
    return f"{part:g}" if isinstance(part, float) else str(part)


def _private_b_value(find: Lookup) -> float | None:
    for tag in _PRIVATE_B_VALUES:
        raw = find(tag)
        # Without the manufacturer's dictionary, a value is bytes.
        value = raw.decode("ascii", "ignore") if isinstance(raw, bytes) else _plain(raw)
        first = value[0] if isinstance(value, tuple) and value else value
        if isinstance(first, str):
            first = first.split("\\")[0]
        try:
            return float(first) % _GE_OFFSET  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
    return None


def _plain(value: Any) -> Hashable:
    """A value of an element as a float, text or tuple of these; None for an empty one."""
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float):
        return float(value)
    try:
        parts = tuple(_plain(part) for part in value)
    except TypeError:
        return str(value)
    return parts or None
