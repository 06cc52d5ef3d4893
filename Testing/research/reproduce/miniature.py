"""The official data in miniature, and the command that reproduces the paper on them."""

from collections.abc import Mapping
from pathlib import Path

from Testing.datasets.readers import layouts


def make_data(folder: Path, studies: Mapping[str, str] | None = None) -> list[str]:
    """Write both data sets with expert masks; returns the command's options for them.

    ``studies``: PROSTATE-X's, as of :func:`layouts.make_picai`.
    """
    images, labels = layouts.make_picai(folder, studies)
    experts = layouts.make_experts(folder)
    flare = layouts.make_flare21(folder / "flare21", cases=5)
    return [
        "--picai",
        f"{images}:{labels}",
        "--prostatex",
        f"{images}:{labels}:expert={experts}",
        "--flare21",
        str(flare),
    ]


def words(data: list[str], output: Path, *more: str) -> list[str]:
    """The command, with trainings of a few steps."""
    return ["research", "reproduce", *data, "--quick", "--device", "cpu", "-o", str(output), *more]
