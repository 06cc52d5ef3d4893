"""A disk that is full is an error, and leaves what was there. The limit is the system's own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import ComputerError
from HermesLib.io.image_writing import require_voxels, write_image
from Testing.reliability.processes import ROOT, environment

pytest.importorskip("resource", reason="Windows has no limit on the size of files")

#: Runs a writer under a limit on the size of files, and prints what it raised.
LIMITED = """
import resource, sys
from pathlib import Path

import numpy as np
import SimpleITK

{imports}
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    {write}
except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0])
"""
NOISE = (
    "SimpleITK.GetImageFromArray(np.random.default_rng(0).integers(0, 255, (8, 64, 64), 'uint8'))"
)
#: Ends in zeros, with which ITK fills what is missing.
EMPTY_END = f"SimpleITK.ConstantPad({NOISE}, (0, 0, 0), (0, 0, 8))"
IMAGE = "from HermesLib.io.image_writing import write_image"
TEXT = "from HermesLib.io.whole_file import write_whole"
WEIGHTS = "import torch; from HermesLib.weights.checkpoint import save_checkpoint"
WRITERS = {
    "mask.nii": (IMAGE, f"write_image({NOISE}, path)"),
    "mask.nii.gz": (IMAGE, f"write_image({NOISE}, path)"),
    "empty-end.nii": (IMAGE, f"write_image({EMPTY_END}, path)"),
    "mask.nrrd": (IMAGE, f"write_image({NOISE}, path)"),
    "mask.mha": (IMAGE, f"write_image({NOISE}, path)"),
    "report.json": (TEXT, "write_whole(path, 'x' * 40000)"),
    "weights.safetensors": (
        WEIGHTS,
        "save_checkpoint(path, {'a': torch.zeros(10000)}, 'made', {})",
    ),
}


def write_limited(name: str, path: Path, limit: int) -> str:
    imports, write = WRITERS[name]
    code = LIMITED.format(imports=imports, write=write)
    words = [sys.executable, "-c", code, str(path), str(limit)]
    return subprocess.run(
        words, env=environment(), cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    ).stdout


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_an_error_and_the_old_file_stays(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_text("old")
    limit = 40000 if name.startswith("empty") else 20000
    assert write_limited(name, path, limit).startswith("ComputerError ")
    assert path.read_text(encoding="utf-8") == "old"
    assert [left.name for left in tmp_path.iterdir()] == [name]
    assert write_limited(name, path, 10_000_000) == "" and path.stat().st_size > limit


def test_what_is_on_the_disk_must_be_what_was_meant(tmp_path: Path):
    path = tmp_path / "mask.nrrd"
    voxels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_image(SimpleITK.GetImageFromArray(voxels), path)
    require_voxels(path, voxels)
    for other in (voxels + 1, voxels[:1]):
        with pytest.raises(ComputerError, match="what is on the disk differs"):
            require_voxels(path, other)
