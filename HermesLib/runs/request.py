"""What a run is asked to do: plain values, so that a request can travel to another process."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings

#: A half-open range of slices as in Python: either end may be None or count from the end.
SliceRange = tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What refining and assessing have in common.

    Attributes:
        image: the image's file or DICOM folder.
        preset: organ and modality, by name.
        quality: ``diffusion`` (the preset's bundled QC core), another QC's name, or a weight file.
        samples, steps: of the QC core; None leaves them as they were in training.
        score: ``calibrated``, the estimate of the true Dice where the QC's weights carry a calibration, or ``raw``, the plain Dice of
            mask and pGT as in the paper.
        settings: thresholds and the seed.
        slices: which slices; None for all.
        truth: the true mask's file; reported, never used.
        device: ``auto``, ``cpu`` or ``cuda``.
        command: the words of the command line, for the report.
    """

    image: Path
    preset: str = "prostate-t2"
    quality: str = "diffusion"
    samples: int | None = None
    steps: int | None = None
    score: Literal["calibrated", "raw"] = "calibrated"
    settings: RefinementSettings = field(default_factory=RefinementSettings)
    slices: SliceRange | None = None
    truth: Path | None = None
    device: str = "auto"
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefineRequest(RunRequest):
    """Segment an image.

    Attributes:
        model: the promptable model's name; None for the preset's.
        weights: ``bundled``, or the path of a weight file.
        prompt: the prompts' kind; None for the model's first.
        prompting: how refined prompts are drawn.
        init: file of the mask to begin with; None for the model's own first mask.
        first_prompt: file of the prompt (:mod:`HermesLib.prompts.serialization`) that the model is asked with first, on every chosen slice,
            in place of a random one; ``prompt`` is then its kind.
    """

    model: str | None = None
    weights: str = "bundled"
    prompt: str | None = None
    prompting: PromptSettings = field(default_factory=PromptSettings)
    init: Path | None = None
    first_prompt: Path | None = None


@dataclass(frozen=True, kw_only=True)
class AssessRequest(RunRequest):
    """Judge the segmentation in the file ``mask``."""

    mask: Path
