"""``SampleData``, as far as modules register samples and load them.

The rules are those of ``Modules/Scripted/SampleData/SampleData.py``: a source is registered once, a
cached file is used only if its checksum is right, and nothing is loaded from a file that is not.
``slicer_module/test_sample.py`` runs the same tests with Slicer's own module.
"""

import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer


@dataclass
class SampleDataSource:
    """One sample of one file; the fields are lists as in Slicer."""

    sampleName: str
    uris: list[str]
    fileNames: list[str]
    nodeNames: list[str]
    checksums: list[str | None]
    loadFileTypes: list[str | None]
    thumbnailFileName: str | None


class SampleDataLogic:
    """Registers and loads samples."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str = "",
        uris: str = "",
        fileNames: str = "",
        nodeNames: str = "",
        thumbnailFileName: str | None = None,
        loadFileTypes: str | None = None,
        checksums: str | None = None,
    ) -> None:
        """Add a sample, unless it is there."""
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        sources = slicer.modules.sampleDataSources.setdefault(category, [])
        source = SampleDataSource(
            sampleName,
            [uris],
            [fileNames],
            [nodeNames],
            [checksums],
            [loadFileTypes],
            thumbnailFileName,
        )
        if source not in sources:
            sources.append(source)

    def downloadSamples(self, name: str) -> list[Any]:
        """The nodes of a sample; none if there is no such sample."""
        for sources in slicer.modules.sampleDataSources.values():
            for source in sources:
                if source.sampleName == name:
                    return [self._load(source)]
        return []

    def _load(self, source: SampleDataSource) -> Any:
        folder = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory())
        path = folder / source.fileNames[0]
        algorithm, digest = slicer.util.extractAlgoAndDigest(source.checksums[0])
        if path.is_file() and slicer.util.computeChecksum(algorithm, str(path)) != digest:
            path.unlink()
        if not path.is_file():
            urllib.request.urlretrieve(source.uris[0], path)
        if slicer.util.computeChecksum(algorithm, str(path)) != digest:
            path.unlink()
            raise ValueError("Checksum verification failed")
        return slicer.util.loadVolume(str(path), {"name": source.nodeNames[0]})
