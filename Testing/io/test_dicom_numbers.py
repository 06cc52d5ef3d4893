"""Slices of a DICOM series keep their instance numbers, whatever their order."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.io.volumes import read_volume

#: Instance numbers from the lowest slice to the highest.
INSTANCES = (40, 30, 20, 11)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A series whose instances are numbered downwards; each slice's voxels are its number."""
    writer = SimpleITK.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for place, number in enumerate(INSTANCES):
        voxels = np.full((1, 8, 9), number, np.int16)
        voxels[0, 0, 0] = 0
        image = SimpleITK.GetImageFromArray(voxels)
        image.SetSpacing((1.0, 1.0, 3.0))
        for key, value in {
            "0008|0060": "MR",
            "0020|000d": "1.2.3",
            "0020|000e": "1.2.3.4",
            "0008|0018": f"1.2.3.4.{number}",
            "0020|0032": f"0\\0\\{3 * place}",
            "0020|0037": "1\\0\\0\\0\\1\\0",
            "0020|0013": str(number),
        }.items():
            image.SetMetaData(key, value)
        writer.SetFileName(str(tmp_path / f"{number}.dcm"))
        writer.Execute(image)
    return tmp_path


def test_the_instance_number_of_a_slice_is_that_of_its_file(series):
    volume = read_volume(series)
    assert volume.instances == dict(enumerate(INSTANCES))
    for index, number in volume.instances.items():
        assert volume.array[index, 4, 4] == number


def test_other_files_have_no_instance_numbers(tmp_path):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), str(tmp_path / "image.nrrd"))
    assert read_volume(tmp_path / "image.nrrd").instances == {}
