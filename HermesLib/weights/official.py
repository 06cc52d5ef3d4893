"""Official weight files whose checksum is known from their authors."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class OfficialFile:
    """A file as its authors publish it.

    Attributes:
        model: name in the registry of models.
        name: of the file.
        source: where the authors state it.
        git_blob: its object name in the authors' own git repository (SHA-1 of a header and the
            bytes), which pins the content; empty if it is not in one.
        sha256: of the bytes; empty if nobody states it.
    """

    model: str
    name: str
    source: str
    git_blob: str = ""
    sha256: str = ""


#: Only files whose checksum the authors or several independent sources state. The authors of MedSAM
#: and ScribblePrompt publish none; of those a user can give one with --sha256.
OFFICIAL_FILES = (
    OfficialFile(
        "mideepseg",
        "iter_15000.pth",
        "https://github.com/HiLab-git/MIDeepSeg, mideepseg/iter_15000.pth",
        git_blob="4d6302cfa1714f3d6d6e6449c5e95362cbdc2590",
    ),
    # Its authors put the first digits of its MD5 in the name; others state the SHA-256.
    OfficialFile(
        "sam",
        "sam_vit_b_01ec64.pth",
        "https://github.com/facebookresearch/segment-anything",
        sha256="ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
    ),
    OfficialFile(
        "sam2",
        "sam2.1_hiera_tiny.pt",
        "https://github.com/facebookresearch/sam2",
        sha256="7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69",
    ),
)


def official_file(sha256: str) -> OfficialFile | None:
    """The official file with this SHA-256, None if it is that of none."""
    return next((file for file in OFFICIAL_FILES if file.sha256 and file.sha256 == sha256), None)


def require_official(name: str, path: Path) -> OfficialFile | None:
    """The official file that a file is; None for others.

    Args:
        name: that it is to have.
        path: of its content.

    Raises:
        HermesError: it has the name of an official file, but another content.
    """
    blob = git_blob(path)
    found = next((file for file in OFFICIAL_FILES if file.git_blob == blob), None)
    found = found or official_file(file_sha256(path))
    if found is None and any(file.name == name for file in OFFICIAL_FILES):
        raise HermesError(
            f"{name} is the name of an official file, and this is not that file (git blob"
            f" {blob[:12]}...); fetch it again, or give it another name with --name"
        )
    return found


def git_blob(path: Path) -> str:
    """The object name that git gives to a file's content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
