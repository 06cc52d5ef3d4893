"""Helpers for tests of a run's results."""

import json
from pathlib import Path

import numpy as np
import SimpleITK

import HermesLib.report

RESULTS = ["overview.png", "pgt.nii.gz", "report.csv", "report.json", "segmentation.nii.gz"]


SCHEMA = json.loads(
    (Path(HermesLib.report.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read(path: Path) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


def refine_arguments(files: Path, *more: object, image: str = "image.nii.gz") -> tuple[object, ...]:
    model = ("--model", "scribbleprompt", "--weights", files / "model.safetensors")
    return (
        "refine",
        files / image,
        *model,
        "--max-iterations",
        2,
        "--steps",
        1,
        "--samples",
        1,
        *more,
    )
