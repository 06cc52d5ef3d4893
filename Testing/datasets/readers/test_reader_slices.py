"""Readers' cases in trainings and evaluations: splits, slices on disk, empty masks."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.datasets.splits import SplitOptions
from HermesLib.datasets.training_dataset import TrainingDataset, read_datasets
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import CaseSelection, read_cases, select_cases
from HermesLib.notices import Notice, heard_by
from HermesLib.presets.registry import load_preset
from HermesLib.training.slice_sampler import SliceSampler, sampled_slices
from Testing.datasets.readers import layouts


def dataset(form: str, organ: str = "spleen", store: Path | None = None) -> TrainingDataset:
    scale = load_preset("spleen-ct" if organ == "spleen" else "prostate-t2").intensity
    return dataclasses.replace(TrainingDataset.parse(form), organ=organ, scale=scale, store=store)


def test_prostatex_is_left_out_of_a_training_on_picai_and_measured_in_a_test(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    form = f"picai:{images}:{labels}"
    data = read_datasets([dataset(form, "prostate")], SplitOptions(validation=0.5), seed=0)
    assert {*data.split.train, *data.split.validation} == {"picai-10000", "picai-11054"}
    assert data.split.test == ("prostatex-0", "prostatex-25")
    said: list[str] = []
    cases = select_cases(form, "prostate", CaseSelection(), said.append)
    assert {case.identity for case in cases} == {"prostatex-0", "prostatex-25"}
    assert said == ["left out: 2 patients that the split lists as train"]


def test_data_without_a_usable_case_are_refused_with_where_to_look(tmp_path: Path):
    folder = layouts.make_amos(tmp_path)
    for path in (folder / "labelsTr").iterdir():
        path.unlink()
    with pytest.raises(HermesError, match="hermes data check"):
        read_cases(f"amos:{folder}:mr", "spleen")
    with pytest.raises(HermesError, match=r"as test; it lists some as validation \(--part\)"):
        select_cases(f"amos:{folder}:ct", "spleen", CaseSelection(), lambda line: None)


def test_a_decathlon_table_without_a_case_is_refused(tmp_path: Path):
    table = {"name": "made", "labels": {"0": "background", "1": "spleen"}, "training": []}
    (tmp_path / "dataset.json").write_text(json.dumps(table))
    with pytest.raises(HermesError, match="lists no labelled image"):
        read_cases(f"decathlon:{tmp_path}", "spleen")


def test_slices_kept_on_disk_are_those_read_into_memory(tmp_path: Path):
    form = f"msd:{layouts.make_msd_spleen(tmp_path / 'data')}"
    in_memory = dataset(form).read()
    on_disk = dataset(form, store=tmp_path / "store").read()
    assert len(in_memory) == 3 * layouts.SLICES
    for one, other in zip(in_memory, on_disk, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.label, other.label)
        assert one.place == other.place
        assert isinstance(other.image, np.memmap)


def test_slices_on_disk_are_read_again_where_an_image_has_changed(tmp_path: Path):
    folder = layouts.make_msd_spleen(tmp_path / "data")
    read = dataset(f"msd:{folder}", store=tmp_path / "store")
    before = read.read()
    path = folder / "labelsTr/spleen_2.nii.gz"
    layouts.write(path, layouts.organ(shift=2))
    after = read.read()
    changed = [
        one.patient
        for one, other in zip(before, after, strict=True)
        if not np.array_equal(one.label, other.label)
    ]
    assert set(changed) == {"msd-spleen-2"}


def test_batches_of_slices_on_disk_are_those_of_slices_in_memory(tmp_path: Path):
    form = f"msd:{layouts.make_msd_spleen(tmp_path / 'data')}"
    batches = []
    for store in (None, tmp_path / "store"):
        slices = sampled_slices(dataset(form, store=store).read(), "spleen", "body", 1)
        how = load_augmentation()
        batches.append(SliceSampler(slices).draw(np.random.default_rng(0), 4, 32, how))
    for one, other in zip(*batches, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def load_augmentation():
    from HermesLib.training.qc_settings import default_augmentation

    return default_augmentation("CT", mirror=False)


def test_a_case_with_an_empty_mask_trains_nothing_and_a_user_hears_of_it(tmp_path: Path):
    form = f"flare21:{layouts.make_flare21(tmp_path / 'data')}"
    heard: list[Notice] = []
    for _ in range(2):
        with heard_by(heard.append):
            slices = dataset(form, store=tmp_path / "store").read()
        assert {item.patient for item in slices} == {"flare21-train_000", "flare21-train_001"}
    messages = [one.message for one in heard if one.kind == "case-left-out"]
    assert messages == ["an image is left out: its mask of the spleen is empty"] * 2


def test_a_damaged_image_is_named_with_its_case(tmp_path: Path):
    folder = layouts.make_msd_spleen(tmp_path)
    (folder / "imagesTr/spleen_3.nii.gz").write_bytes(b"no image")
    with pytest.raises(HermesError, match=r"spleen_3: .*hermes data check"):
        dataset(f"msd:{folder}").read()


def test_a_training_of_several_organs_says_that_a_reader_reads_one(tmp_path: Path):
    form = f"msd:{layouts.make_msd_spleen(tmp_path)}"
    with pytest.raises(HermesError, match="one organ"):
        TrainingDataset.parse(form).read()


def test_a_4d_image_is_refused_without_a_channel_and_with_one_that_it_lacks(tmp_path: Path):
    from HermesLib.io.volumes import read_volume

    path = tmp_path / "image.nii.gz"
    layouts.write(path, np.stack([layouts.picture(layouts.organ(), seed) for seed in (1, 2)]))
    with pytest.raises(HermesError, match="4 dimensions"):
        read_volume(path)
    with pytest.raises(HermesError, match="no channel 2; it has 2"):
        read_volume(path, channel=2)
    second = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))[1]
    assert sorted(read_volume(path, channel=1).array.ravel()) == sorted(second.ravel())
