"""Masks as DICOM Segmentation objects, on real series."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.cli.main import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "dicom"
real = pytest.mark.skipif(not DATA.is_dir(), reason="real series (../shared/data) are not here")
highdicom = pytest.importorskip("highdicom")


def block_on(series: Path, path: Path) -> SimpleITK.Image:
    """A mask file with a block that is nowhere symmetric."""
    files = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(series))
    image = SimpleITK.ReadImage(files)
    voxels = np.zeros(SimpleITK.GetArrayViewFromImage(image).shape, np.uint8)
    voxels[2:5, 40:90, 100:130] = 1
    mask = SimpleITK.GetImageFromArray(voxels)
    mask.CopyInformation(image)
    SimpleITK.WriteImage(mask, str(path))
    return mask


@real
@pytest.mark.parametrize(
    ("name", "preset", "code"),
    [("mr-prostate-t2", "prostate-t2", "41216001"), ("ct-abdomen", "spleen-ct", "78961009")],
)
def test_every_voxel_is_read_back_in_place_with_its_meaning(name, preset, code, tmp_path, capsys):
    mask = block_on(DATA / name, tmp_path / "mask.nii.gz")
    output = tmp_path / "organ.seg.dcm"
    words = [
        "export",
        str(tmp_path / "mask.nii.gz"),
        "--dicom",
        str(DATA / name),
        "-o",
        str(output),
    ]
    networks = {"model": {"name": "medsam", "sha256": "a" * 64}}
    report = {"provenance": {"hermes": "0.1.0", "seed": 5, "preset": preset, **networks}}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert main(words) == 0
    assert "3 frames" in capsys.readouterr().out
    stored = highdicom.seg.segread(output)
    (segment,) = stored.SegmentSequence
    assert (
        segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
        and segment.SegmentAlgorithmName == "HERMES medsam"
    )
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmVersion == "0.1.0"
    assert "seed=5" in algorithm.AlgorithmParameters
    assert f"model-sha256={'a' * 64}" in algorithm.AlgorithmParameters
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == code
    volume = stored.get_volume(segment_numbers=[1], combine_segments=True)
    # Where each set voxel lies in the patient, mm, must be where the mask says.
    read = volume.map_indices_to_reference(np.argwhere(volume.array > 0))
    voxels = SimpleITK.GetArrayFromImage(mask)
    expected = np.array(
        [
            mask.TransformIndexToPhysicalPoint((int(i), int(j), int(k)))
            for k, j, i in np.argwhere(voxels)
        ]
    )
    order = lambda points: points[np.lexsort(np.round(points, 2).T)]  # noqa: E731
    assert len(read) == len(expected)
    assert np.allclose(order(read), order(expected), atol=0.05)


@real
def test_an_empty_mask_and_a_file_that_exists_are_refused_in_one_line(tmp_path, capsys):
    series = DATA / "mr-prostate-t2"
    mask = block_on(series, tmp_path / "mask.nii.gz")
    words = [
        "export",
        str(tmp_path / "mask.nii.gz"),
        "--dicom",
        str(series),
        "-o",
        str(tmp_path / "out.dcm"),
        "--preset",
        "prostate-t2",
    ]
    SimpleITK.WriteImage(mask * 0, str(tmp_path / "mask.nii.gz"))
    assert main(words) == 2
    assert re.fullmatch(
        r"hermes: note: the mask is empty\n[^\n]*empty[^\n]*\n", capsys.readouterr().err
    )
    assert not (tmp_path / "out.dcm").exists()
    (tmp_path / "out.dcm").write_bytes(b"other content")
    assert main(words) == 2
    assert "already" in capsys.readouterr().err
    assert (tmp_path / "out.dcm").read_bytes() == b"other content"
