"""The synthetic sample volume of the module, in Slicer's module Sample Data and one click away."""

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

NAME = "HermesPhantom"
CATEGORY = "HERMES"
#: Of the file. Sample Data compares what it has cached with it.
CHECKSUM = "SHA256:7112840000f56e95cfc0765725614aa03ec651deeb3bba04fefb8a08261aaba1"
_RESOURCES = Path(__file__).resolve().parents[1] / "Resources"


def sample_file() -> Path:
    """The phantom of ``hermes demo``, as it comes with the module."""
    return _RESOURCES / "Samples" / f"{NAME}.nrrd"


def register_sample() -> None:
    """Offer the sample in Slicer's module Sample Data, where it is available.

    Called when Slicer has started: modules are loaded in any order. Reads no file.
    """
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=NAME,
        thumbnailFileName=str(_RESOURCES / "Icons" / f"{NAME}.png"),
        uris=sample_file().as_uri(),
        fileNames=f"{NAME}.nrrd",
        nodeNames=_("HERMES phantom"),
        checksums=CHECKSUM,
        loadFileTypes="VolumeFile",
    )


def load_sample() -> Any:
    """The phantom as a volume node: through Sample Data, or directly from its file.

    Raises:
        RuntimeError: it cannot be loaded.
    """
    register_sample()
    try:
        import SampleData
    except ImportError:
        return slicer.util.loadVolume(str(sample_file()), {"name": _("HERMES phantom")})
    nodes = SampleData.SampleDataLogic().downloadSamples(NAME)
    if not nodes:
        raise RuntimeError(_("the sample could not be loaded from {file}").format(file=NAME))
    return nodes[0]
