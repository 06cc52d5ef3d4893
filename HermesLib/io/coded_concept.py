"""Coded concepts, the shared vocabulary of presets and DICOM objects."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A coded concept of a terminology, e.g. SNOMED CT."""

    scheme: str
    value: str
    meaning: str
