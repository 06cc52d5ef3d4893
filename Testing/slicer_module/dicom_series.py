"""A volume node as a DICOM series in Slicer's database."""

from pathlib import Path
from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.labelmaps import ijk_to_ras

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


def write_series(volume: Any, folder: Path) -> list[Path]:
    """Write a volume (k is the slice) as an MR series and name its instances in the node."""
    import pydicom
    from pydicom import uid
    from pydicom.dataset import Dataset, FileMetaDataset

    voxels, matrix = slicer.util.arrayFromVolume(volume), ijk_to_ras(volume)
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    axes = _RAS_TO_LPS @ matrix[:3, :3] / spacing
    study, series, frame = (uid.generate_uid() for _ in range(3))
    paths, instances = [], []
    for k, plane in enumerate(voxels):
        image = Dataset()
        image.SOPClassUID, image.SOPInstanceUID = uid.MRImageStorage, uid.generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.FrameOfReferenceUID, image.Modality = frame, "MR"
        image.PatientID = image.PatientName = "synthetic"
        image.PatientBirthDate = image.PatientSex = image.AccessionNumber = ""
        image.StudyID = image.StudyDate = image.StudyTime = image.ReferringPhysicianName = ""
        image.SeriesNumber, image.InstanceNumber = 4, k + 1
        image.PositionReferenceIndicator = image.Laterality = ""
        image.Rows, image.Columns = plane.shape
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit, image.PixelRepresentation = 15, 1
        image.PixelData = plane.astype("<i2").tobytes()
        image.ImageOrientationPatient = [f"{x:.10f}" for x in (*axes[:, 0], *axes[:, 1])]
        place = _RAS_TO_LPS @ (matrix @ [0, 0, k, 1])[:3]
        image.ImagePositionPatient = [f"{x:.10f}" for x in place]
        image.PixelSpacing = [f"{x:.10f}" for x in (spacing[1], spacing[0])]
        image.SliceThickness = f"{spacing[2]:.6f}"
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        path = folder / f"{k}.dcm"
        pydicom.dcmwrite(path, image, enforce_file_format=True)
        paths.append(path)
        instances.append(str(image.SOPInstanceUID))
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(instances))
    return paths
