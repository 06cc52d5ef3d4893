"""The algorithm that made a segment, as DICOM objects name it (PS3.3, table 10-19)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from HermesLib import __version__
from HermesLib.errors import HermesError
from HermesLib.intended_use import RESEARCH_ONLY
from HermesLib.io.whole_file import whole_file

#: The family in DICOM's terms (CID 7162).
FAMILY = ("123110", "DCM", "Artificial Intelligence")
#: Most characters of a name (value representation LO).
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Algorithm:
    """What a DICOM object says of the algorithm.

    Attributes:
        model: name of the promptable model; empty if there was none.
        version: of HERMES.
        parameters: names and values of what the result follows from: preset, seed, and the
            SHA-256 of each weight file.
    """

    model: str = ""
    version: str = __version__
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``HERMES`` with the promptable model's name."""
        return f"HERMES {self.model}".strip()[:_LONGEST_NAME]

    @property
    def text(self) -> str:
        """The parameters in one line, ``name=value`` separated by commas."""
        return ",".join(f"{name}={value}" for name, value in self.parameters.items())

    @classmethod
    def from_provenance(cls, provenance: Mapping[str, Any]) -> Self:
        """From the ``provenance`` of a report, or the part of it that is known."""
        parameters = {
            name: str(provenance[name])
            for name in ("preset", "seed", "score")
            if provenance.get(name) is not None
        }
        for role in ("model", "quality"):
            network = provenance.get(role)
            if isinstance(network, Mapping):
                parameters[role] = str(network["name"])
                parameters[f"{role}-sha256"] = str(network["sha256"])
            elif network:
                parameters[role] = str(network)
        parameters["use"] = RESEARCH_ONLY
        version = str(provenance.get("hermes") or __version__)
        return cls(parameters.get("model", ""), version, parameters)


def identify(path: Path, algorithm: Algorithm) -> None:
    """Write the algorithm into every segment of a DICOM Segmentation file.

    Needs pydicom, which Slicer brings.

    Raises:
        HermesError: the file is not a DICOM Segmentation object.
    """
    import pydicom
    from pydicom.dataset import Dataset
    from pydicom.errors import InvalidDicomError
    from pydicom.sequence import Sequence

    try:
        stored = pydicom.dcmread(path)
    except (InvalidDicomError, OSError) as error:
        raise HermesError(f"{path.name} cannot be read as DICOM: {error}") from error
    if stored.get("Modality") != "SEG":
        raise HermesError(f"{path.name} is not a DICOM Segmentation object")
    value, scheme, meaning = FAMILY
    family = Dataset()
    family.CodeValue, family.CodingSchemeDesignator, family.CodeMeaning = value, scheme, meaning
    item = Dataset()
    item.AlgorithmFamilyCodeSequence = Sequence([family])
    item.AlgorithmName = algorithm.name
    item.AlgorithmVersion = algorithm.version
    if algorithm.parameters:
        item.AlgorithmParameters = algorithm.text
    for segment in stored.SegmentSequence:
        segment.SegmentationAlgorithmIdentificationSequence = Sequence([item])
        if segment.get("SegmentAlgorithmType") != "MANUAL":
            segment.SegmentAlgorithmName = algorithm.name
    with whole_file(path, pydicom.dcmread) as temporary:
        stored.save_as(temporary)
