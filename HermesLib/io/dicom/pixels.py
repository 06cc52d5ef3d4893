"""The pixels of frames. Geometry is never taken from what decodes them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import RLELossless, SecondaryCaptureImageStorage

from HermesLib.errors import HermesError
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.owned_folder import temporary_folder

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


class PixelReader:
    """Reads stored values; keeps the file read last, as multi-frame files hold many frames."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._dataset = Dataset()
        self._values = np.zeros((0, 0, 0))
        self._checksums: dict[tuple[Path, int | None], str] = {}

    def checksum(self, frame: Frame) -> str:
        """Of a frame's stored pixels; "" where they cannot be read."""
        key = frame.path, frame.number
        if key not in self._checksums:
            try:
                content = self.stored(frame).tobytes()
            except HermesError:
                content = str(key).encode()
            self._checksums[key] = hashlib.sha256(content).hexdigest()
        return self._checksums[key]

    def stored(self, frame: Frame) -> np.ndarray:
        """(rows, columns), stored values without rescaling.

        Raises:
            HermesError: damaged or cut off, or in a compression that nothing here decodes.
        """
        if frame.path != self._path:
            with _one_line(frame):
                self._values = decode_file(frame.path)
            self._path = frame.path
        values = self._values[frame.number or 0]
        if values.shape != frame.size:
            raise HermesError(f"{_name(frame)} is damaged: its pixels are not what it announces")
        return values


def decode_file(path: Path) -> np.ndarray:
    """(frames, rows, columns), the stored values of a file.

    Raises:
        Exception: what pydicom or GDCM make of a damaged file, or of an unknown compression.
    """
    dataset = pydicom.dcmread(path, force=True)
    if not any(name in dataset for name in _PIXELS):
        raise ValueError("no pixels")
    syntax = _transfer_syntax(dataset)
    if syntax.is_compressed and syntax != RLELossless:
        values = _decode_with_gdcm(dataset)
    else:
        values = dataset.pixel_array
    if values.ndim == 2:
        values = values[None]
    return _without_unused_bits(values, dataset)


def _transfer_syntax(dataset: Dataset) -> pydicom.uid.UID:
    """Of a file; pydicom finds out how a file without one is written."""
    named = dataset.file_meta.get("TransferSyntaxUID")
    if named is None:
        implicit, little = dataset.original_encoding
        explicit = pydicom.uid.ExplicitVRLittleEndian if little else pydicom.uid.ExplicitVRBigEndian
        named = str(pydicom.uid.ImplicitVRLittleEndian if implicit else explicit)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(named)
    return pydicom.uid.UID(named)


def _decode_with_gdcm(dataset: Dataset) -> np.ndarray:
    """Frames through a file that says nothing but how its pixels are stored.

    GDCM would apply the rescaling of a file's first frame to all frames.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=count))
    if len(frames) != count:
        raise ValueError("frames are missing")
    with temporary_folder() as folder:
        return np.stack([_decode_frame(dataset, frame, folder / "frame.dcm") for frame in frames])


def _decode_frame(dataset: Dataset, frame: bytes, path: Path) -> np.ndarray:
    plain = Dataset()
    plain.file_meta = FileMetaDataset()
    plain.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    plain.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    plain.SOPClassUID = SecondaryCaptureImageStorage
    plain.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3")
    plain.SOPInstanceUID = "1.2.3"
    for name in (
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
    ):
        setattr(plain, name, dataset[name].value)
    plain.PixelData = encapsulate([frame])
    plain["PixelData"].is_undefined_length = True
    plain.save_as(path, enforce_file_format=True)
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    image = SimpleITK.ReadImage(str(path), imageIO="GDCMImageIO")
    return SimpleITK.GetArrayFromImage(image)[0]


def _without_unused_bits(values: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Values whose unused bits, which may hold an overlay, count for nothing."""
    stored = int(dataset.get("BitsStored") or 0)
    if values.dtype.kind not in "iu" or not 0 < stored < int(dataset.BitsAllocated):
        return values
    wide = values.astype(np.int64) & ((1 << stored) - 1)
    if int(dataset.get("PixelRepresentation") or 0) == 1:
        sign = 1 << (stored - 1)
        wide = (wide ^ sign) - sign
    return wide


@contextmanager
def _one_line(frame: Frame) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        # pydicom and GDCM raise what a damaged file makes them stumble over.
        raise HermesError(
            f"the pixels of {_name(frame)} cannot be read: damaged, cut off, or in a compression"
            " that HERMES does not know; export the series again, uncompressed"
        ) from error


def _name(frame: Frame) -> str:
    """A frame for messages: file names may be those of patients."""
    return "a slice" if frame.instance is None else f"instance {frame.instance} of the series"
