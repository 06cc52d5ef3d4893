"""The sample in Slicer's module Sample Data: by the rules of the module, and in Slicer's own."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom
from HermesSegmentLib import sample
from Testing.slicer_module.conftest import MODULE
from Testing.standins import sample_data
from Testing.standins.sources import source_text

SOURCE = "Modules/Scripted/SampleData/SampleData.py"


def slicers_own() -> ModuleType:
    """Slicer's module Sample Data, run from its source; without its panel."""
    module = ModuleType("SampleData")
    module.__file__ = SOURCE
    exec(compile(source_text("Slicer/Slicer", SOURCE), SOURCE, "exec"), module.__dict__)
    return module


@pytest.fixture(params=["stand-in", "Slicer's own"])
def module(request, scene, monkeypatch, tmp_path) -> Iterator[Any]:
    """``SampleData`` with an empty cache."""
    found = sample_data if request.param == "stand-in" else slicers_own()
    monkeypatch.setitem(sys.modules, "SampleData", found)
    monkeypatch.delattr(slicer.modules, "sampleDataSources", raising=False)
    scene.GetCacheManager().SetRemoteCacheDirectory(str(tmp_path))
    yield found
    scene.GetCacheManager().SetRemoteCacheDirectory(str(tmp_path.parent))


def test_the_sample_is_offered_when_slicer_has_started_with_a_checksum(module, monkeypatch):
    from types import SimpleNamespace

    import HermesSegment

    # Nothing before: other modules may not be loaded yet.
    monkeypatch.setattr(slicer.app, "_at_startup", [])
    HermesSegment.HermesSegment(SimpleNamespace(path=str(MODULE / "HermesSegment.py")))
    assert not getattr(slicer.modules, "sampleDataSources", {})
    slicer.app.complete_startup()
    slicer.app.complete_startup()
    (source,) = slicer.modules.sampleDataSources["HERMES"]
    assert source.checksums == [sample.CHECKSUM]
    assert Path(source.thumbnailFileName).is_file()


def test_the_checksum_is_the_files_and_the_file_is_the_phantom_of_hermes_demo():
    digest = hashlib.sha256(sample.sample_file().read_bytes()).hexdigest()
    assert f"SHA256:{digest}" == sample.CHECKSUM
    stored = SimpleITK.ReadImage(str(sample.sample_file()))
    made = prostate_phantom(SAMPLE_SEED).image
    assert np.array_equal(SimpleITK.GetArrayFromImage(stored), SimpleITK.GetArrayFromImage(made))
    assert stored.GetSpacing() == made.GetSpacing() and stored.GetOrigin() == made.GetOrigin()


def test_one_click_loads_it_and_a_damaged_copy_in_the_cache_is_replaced(module, tmp_path):
    node = sample.load_sample()
    assert node.GetName() == "HERMES phantom"
    expected = slicer.util.arrayFromVolume(node).copy()
    cached = tmp_path / "HermesPhantom.nrrd"
    cached.write_bytes(cached.read_bytes()[:5000])
    again = sample.load_sample()
    assert np.array_equal(slicer.util.arrayFromVolume(again), expected)


def test_without_the_module_sample_data_the_sample_loads_from_its_file(scene, monkeypatch):
    monkeypatch.setitem(sys.modules, "SampleData", None)
    assert slicer.util.arrayFromVolume(sample.load_sample()).shape == (20, 192, 192)
