"""The synthetic sample volume of the module."""

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

NAME = "HermesPhantom"


def sample_file() -> Path:
    """The phantom of ``hermes demo`` as a file in Slicer's temporary folder."""
    import SimpleITK

    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    path = Path(slicer.app.temporaryPath) / f"{NAME}.nrrd"
    if not path.is_file():
        SimpleITK.WriteImage(prostate_phantom(SAMPLE_SEED).image, str(path))
    return path


def register_sample() -> None:
    """Offer the sample in Slicer's module Sample Data, where it is available."""
    try:
        import SampleData
    except ImportError:
        return
    sources = slicer.modules.sampleDataSources.get("HERMES", [])
    if any(source.sampleName == NAME for source in sources):
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="HERMES",
        sampleName=NAME,
        uris=sample_file().as_uri(),
        fileNames=f"{NAME}.nrrd",
        nodeNames=_("HERMES phantom"),
        loadFileType="VolumeFile",
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
    return SampleData.SampleDataLogic().downloadSample(NAME)
