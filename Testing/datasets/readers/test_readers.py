"""What each reader finds in its layout, and what it leaves out and why."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from HermesLib.datasets.readers.form import parse_form
from HermesLib.datasets.readers.listing import Listing
from HermesLib.datasets.readers.registry import READERS, list_data
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from Testing.datasets.readers import layouts


def skipped(listing: Listing) -> dict[str, str]:
    return {item.name: item.reason for item in listing.skipped}


def masks(listing: Listing) -> list[np.ndarray]:
    """The organ of every case on its image's slices."""
    return [case.truth.read(case.read_image()) for case in listing.cases]


def test_picai_joins_images_and_masks_and_keeps_a_patients_studies_together(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    listing = list_data(f"picai:{images}:{labels}", "prostate")
    found = [(case.patient, case.identity, case.part) for case in listing.cases]
    assert found == [
        ("10000_1000000", "picai-10000", "train"),
        ("11054_1001054", "picai-11054", "train"),
        ("11054_1001055", "picai-11054", "train"),
        ("11373_1001396", "prostatex-0", "test"),
        ("11400_1001423", "prostatex-25", "test"),
        ("11400_1001424", "prostatex-25", "test"),
    ]
    assert all(case.image.name == f"{case.patient}_t2w.mha" for case in listing.cases)
    assert skipped(listing) == {
        "1 file '._*'": "left by macOS, no images",
        "10001_1000001": "no mask in Bosma22b",
        "10002_1000002": "no T2-weighted image",
    }


def test_the_other_algorithms_masks_of_picai_are_read_when_named(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    listing = list_data(f"picai:{images}:{labels}:guerbet23")
    assert {case.truth.files[0].parent.name for case in listing.cases} == {"Guerbet23"}


def test_without_the_mapping_a_user_hears_that_prostatex_is_not_known(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    (labels / "additional_resources/ProstateX-mapping.json").unlink()
    listing = list_data(f"picai:{images}:{labels}")
    assert listing.split() is None
    assert "not known" in listing.notes[0]
    with pytest.raises(HermesError, match="mapping"):
        list_data(f"prostatex:{images}:{labels}")


def test_prostatex_is_the_mapped_studies_with_the_same_identities(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    listing = list_data(f"prostatex:{images}:{labels}")
    assert [case.identity for case in listing.cases] == [
        "prostatex-0",
        "prostatex-25",
        "prostatex-25",
    ]


def test_expert_masks_replace_the_algorithms_where_they_are_clear(tmp_path: Path):
    images, labels = layouts.make_picai(tmp_path)
    experts = layouts.make_experts(tmp_path)
    listing = list_data(f"prostatex:{images}:{labels}:expert={experts}")
    assert [case.patient for case in listing.cases] == ["11373_1001396"]
    two = "two studies, and the expert mask does not say of which"
    assert skipped(listing)["11400_1001423"] == skipped(listing)["11400_1001424"] == two
    # The mask lies on a grid of half the resolution; it is placed by its geometry.
    (mask,) = masks(listing)
    expected = layouts.organ(shift=1) > 0
    assert 2 * (mask & expected).sum() / (mask.sum() + expected.sum()) > 0.8


def test_flare21_joins_any_two_folders_by_name_and_takes_label_3_as_spleen(tmp_path: Path):
    listing = list_data(f"flare21:{layouts.make_flare21(tmp_path)}", "spleen")
    assert [case.identity for case in listing.cases] == [
        f"flare21-train_{number:03}" for number in range(3)
    ]
    assert skipped(listing) == {"validation_001": "no mask, as of validation and test images"}
    np.testing.assert_array_equal(masks(listing)[1], layouts.organ(shift=1) > 0)


def test_the_decathlons_prostate_is_the_union_of_zones_on_the_first_channel(tmp_path: Path):
    listing = list_data(f"msd:{layouts.make_msd_prostate(tmp_path)}", "prostate")
    assert listing.organs == ("prostate", "PZ", "TZ")
    assert [case.identity for case in listing.cases] == [
        "msd-prostate-0",
        "msd-prostate-1",
        "msd-prostate-4",
    ]
    image = listing.cases[0].read_image()
    gland = masks(listing)[0]
    np.testing.assert_array_equal(gland, layouts.organ() > 0)
    assert image.array[gland].mean() > 200 > 50 > image.array[~gland].mean()
    assert any("T2 is read, ADC not" in note for note in listing.notes)


def test_the_decathlons_spleen_is_read_without_what_macos_left(tmp_path: Path):
    listing = list_data(f"msd:{layouts.make_msd_spleen(tmp_path)}", "spleen")
    assert [case.identity for case in listing.cases] == [
        "msd-spleen-2",
        "msd-spleen-3",
        "msd-spleen-10",
    ]
    assert skipped(listing)["spleen_12.nii.gz"] == "no file imagesTr/spleen_12.nii.gz"
    assert listing.modality == "CT"


def test_amos_tells_ct_from_mr_by_the_id(tmp_path: Path):
    folder = layouts.make_amos(tmp_path)
    both = list_data(f"amos:{folder}", "spleen")
    assert [(case.identity, case.part) for case in both.cases] == [
        ("amos-4", "train"),
        ("amos-8", "validation"),
        ("amos-507", "train"),
    ]
    assert [case.identity for case in list_data(f"amos:{folder}:mr").cases] == ["amos-507"]
    assert len(list_data(f"amos:{folder}:CT").cases) == 2
    with pytest.raises(HermesError, match="prostate/uterus, not prostate"):
        list_data(f"amos:{folder}", "prostate")


def test_totalsegmentator_reads_one_file_an_organ_and_the_official_split(tmp_path: Path):
    folder = layouts.make_totalsegmentator(tmp_path)
    listing = list_data(f"totalsegmentator:{folder}", "kidney left")
    assert [(case.patient, case.part) for case in listing.cases] == [
        ("s0000", "train"),
        ("s0001", "validation"),
        ("s0002", "test"),
    ]
    np.testing.assert_array_equal(masks(listing)[0], layouts.organ(shift=3) > 0)


def test_subjects_of_totalsegmentators_ct_and_mr_are_other_people(tmp_path: Path):
    ct = layouts.make_totalsegmentator(tmp_path / "ct")
    mr = layouts.make_totalsegmentator(tmp_path / "mr", "mri.nii.gz")
    people = [
        {case.identity for case in list_data(f"totalsegmentator:{folder}", "spleen").cases}
        for folder in (ct, mr)
    ]
    assert not people[0] & people[1]


def test_nnunets_regions_are_unions_and_labelled_test_images_the_test_part(tmp_path: Path):
    listing = list_data(f"nnunet:{layouts.make_nnunet(tmp_path / 'Dataset001_Gland')}", "gland")
    assert [(case.identity, case.part) for case in listing.cases] == [
        ("dataset001_gland-1", "train"),
        ("dataset001_gland-2", "train"),
        ("dataset001_gland-3", "test"),
    ]
    np.testing.assert_array_equal(masks(listing)[0], layouts.organ() > 0)


def test_a_table_of_pairs_names_patient_split_values_and_channel(tmp_path: Path):
    listing = list_data(f"pairs:{layouts.make_pairs(tmp_path)}", "organ")
    assert [(case.identity, case.part, case.channel) for case in listing.cases] == [
        ("doe", "train", None),
        ("poe", "test", 1),
        ("roe", "validation", None),
    ]
    assert skipped(listing) == {"line 5": "no file lost.nii.gz"}
    doe, poe, roe = masks(listing)
    np.testing.assert_array_equal(doe, layouts.organ() > 0)
    assert roe.sum() > doe.sum()
    assert listing.cases[1].read_image().array[poe].mean() > 200


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("i0.nii.gz,m0.nii.gz,,,", "line 2: no patient"),
        ("i0.nii.gz,m0.nii.gz,doe,tr,", "'tr' is no part"),
        ("i0.nii.gz,m0.nii.gz,doe,,one", "whole numbers"),
    ],
)
def test_a_table_with_a_wrong_cell_is_refused_with_its_line(
    tmp_path: Path, cell: str, message: str
):
    layouts.make_pairs(tmp_path)
    table = tmp_path / "other.csv"
    table.write_text(f"image,mask,patient,split,values\n{cell}\n")
    with pytest.raises(HermesError, match=message):
        list_data(f"pairs:{table}")


def test_drive_letters_do_not_end_a_path():
    form = READERS["prostatex"].parse(r"prostatex:C:\picai:D:/labels:guerbet23:expert=E:\masks")
    assert form.paths == (r"C:\picai", "D:/labels")
    assert form.words == ("guerbet23",)
    assert form.path_named("expert") == r"E:\masks"
    assert TrainingDataset.parse(r"msd:C:\data\Task05").folder == Path(r"C:\data\Task05")


@pytest.mark.parametrize(
    "text", ["picai:images", "amos:folder:pet", "amos:folder:ct:mr", "msd:", "flare21:a:b=c"]
)
def test_another_form_is_refused_with_the_right_one(text: str):
    entry = READERS[text.partition(":")[0]]
    with pytest.raises(HermesError) as refused:
        entry.parse(text)
    assert entry.form in str(refused.value)


def test_a_form_without_its_files_hides_all_paths():
    text = r"prostatex:/doe/images:C:\doe:expert=/doe/masks"
    form = parse_form(text, 2, (), ("expert",), "")
    assert form.with_paths("FOLDER") == "prostatex:FOLDER:FOLDER:expert=FOLDER"


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_folder_that_is_not_there_is_refused_in_one_line(name: str, tmp_path: Path):
    paths = ":".join([str(tmp_path / "none")] * READERS[name].paths)
    with pytest.raises(HermesError, match="none") as refused:
        list_data(f"{name}:{paths}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (layouts.make_flare21, "flare21"),
        (layouts.make_msd_spleen, "msd"),
        (layouts.make_amos, "amos"),
        (layouts.make_totalsegmentator, "totalsegmentator"),
        (layouts.make_nnunet, "nnunet"),
    ],
)
def test_an_organ_that_is_not_labelled_is_refused_with_those_that_are(
    make: Callable[[Path], Path], form: str, tmp_path: Path
):
    with pytest.raises(HermesError, match=r"labels .*, not heart"):
        list_data(f"{form}:{make(tmp_path)}", "heart")
