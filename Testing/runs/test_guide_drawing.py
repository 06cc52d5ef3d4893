"""Where a run keeps the map that a guide's program has drawn."""

from dataclasses import replace

import numpy as np
import pytest

from HermesLib.guides.map import GuideMap
from HermesLib.guides.registry import GUIDES, GuideEntry
from HermesLib.io.volumes import volume_from_array
from HermesLib.notices import heard_by, notice
from HermesLib.presets.organs import organ_preset
from HermesLib.runs.guide_drawing import GuideDrawing, KeptGuides
from HermesLib.runs.request import RefineRequest

LIVER = organ_preset("liver", "CT")
VOLUME = volume_from_array(np.arange(144, dtype=np.float32).reshape(2, 8, 9))
CALLS: list[str] = []


def draw(entry: GuideEntry, request) -> GuideMap:
    """Half of the image, with a notice; counts its calls."""
    from HermesLib.guides.map import guide_map

    CALLS.append(request.device)
    notice("toy-notice", "the toy guesses")
    values = np.zeros(request.volume.array.shape, np.float32)
    values[:, 2:] = 0.75 if entry.organ == "soft" else 1
    return guide_map(values, entry.name, "toy 1", soft=entry.organ == "soft")


@pytest.fixture(params=["", "soft"])
def request_(request, monkeypatch, tmp_path) -> RefineRequest:
    """A run under a program with a model's folder, which draws a mask or a probability map."""
    CALLS.clear()
    entry = replace(GUIDES["nnunet"], draw=f"{__name__}:draw", organ=request.param)
    monkeypatch.setitem(GUIDES, "nnunet", entry)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"1")
    return RefineRequest(image=None, organ="liver", guide=f"nnunet:{tmp_path / 'model'}")


@pytest.fixture(params=["on disk", "in memory"])
def kept(request, tmp_path):
    """What gives the store of a run, for each of its tries."""
    folder = tmp_path / "run"
    folder.mkdir()
    one = KeptGuides()
    return lambda: KeptGuides(folder) if request.param == "on disk" else one


def drawn(kept: KeptGuides, request_, volume=VOLUME, device="cpu") -> tuple[GuideMap, list[str]]:
    heard = []
    with heard_by(heard.append):
        guide = GuideDrawing(kept=kept).draw(request_, LIVER, volume, device)
    return guide, [one.message for one in heard]


def test_a_map_is_drawn_once_and_comes_back_as_it_was_with_its_notices(kept, request_):
    first, said = drawn(kept(), request_, device="cuda")
    again, repeated = drawn(kept(), request_)
    assert CALLS == ["cuda"] and said == repeated == ["the toy guesses"]
    assert np.array_equal(again.probability, first.probability)
    assert again.probability.dtype == np.float32
    for name in ("name", "sha256", "version", "soft"):
        assert getattr(again, name) == getattr(first, name), name


def test_another_image_organ_label_or_model_has_a_map_of_its_own(kept, request_, tmp_path):
    drawn(kept(), request_)
    array = VOLUME.array.copy()
    array[0, 0, 0] = 5
    drawn(kept(), request_, volume=volume_from_array(array))
    drawn(kept(), request_, volume=volume_from_array(VOLUME.array, (3.0, 1.0, 1.0)))
    drawn(kept(), replace(request_, guide_labels=(2,)))
    (tmp_path / "model" / "weights").write_bytes(b"2")
    drawn(kept(), request_)
    assert len(CALLS) == 5
    GuideDrawing(kept=kept()).draw(request_, organ_preset("spleen", "CT"), VOLUME, "cpu")
    assert len(CALLS) == 6


def test_a_damaged_file_is_drawn_once_more_and_a_full_disk_keeps_nothing(request_, tmp_path):
    drawn(KeptGuides(tmp_path), request_)
    (path,) = tmp_path.glob("*.guide")
    path.write_bytes(path.read_bytes()[:-200])
    guide, _said = drawn(KeptGuides(tmp_path), request_)
    assert len(CALLS) == 2 and guide.probability.any()
    guide, _said = drawn(KeptGuides(tmp_path / "gone"), request_)
    assert len(CALLS) == 3 and guide.probability.any()
