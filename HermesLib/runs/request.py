"""Requests for a run: plain values, so that they can be sent to another process."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from HermesLib.models.precision import Precision
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings

#: A half-open range of slices as in Python: either end may be None or negative.
SliceRange = tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Checksums of what a run works with, as its report lists them; None for what it lacks.

    Attributes:
        image: of the voxels as slices.
        truth, mask: of the masks as slices.
        guide: of the guide's values.
        judge: of what the judge's estimates follow from.
        examples: of the images and masks of the given examples.
        preset: of the content of the preset.
        model, quality: of the weight files.
    """

    image: str | None = None
    truth: str | None = None
    mask: str | None = None
    guide: str | None = None
    judge: str | None = None
    examples: str | None = None
    preset: str | None = None
    model: str | None = None
    quality: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """The fields that refining and assessing share.

    Attributes:
        image: file or DICOM folder of the image; None if the caller passes the image in memory.
        series: which series of a DICOM folder, by number in the list or UID; None for the only one.
        preset: organ and modality, by name.
        organ: an organ without a preset (:mod:`HermesLib.presets.organs`), in place of one.
        modality: of such an organ's image, ``CT`` or ``MR``; None to read it from the image.
        guide: where the pGT comes from in place of ``quality``: a file, a guide's name, or
            ``NAME:FOLDER`` (:mod:`HermesLib.guides`).
        guide_labels: the organ's values in a guide that is a label map.
        guide_python: the Python of the environment in which a guide's program is installed.
        judge: what scores the masks in place of ``quality`` or the guide
            (:mod:`HermesLib.judges`).
        references: labelled cases for the judge.
        judge_weights: file of the judge's own weights.
        calibration: file that turns the judge's or guide's score into an estimate of the true Dice.
        quality: ``diffusion`` (the preset's bundled QC core), another QC's name, or a weight file.
        samples, steps: of the QC core; None keeps the values of its training.
        score: ``calibrated``, the estimate of the true Dice where the QC's weights carry a
            calibration, or ``raw``, the plain Dice of mask and pGT as in the paper.
        settings: thresholds and the seed.
        slices: which slices; None for all.
        truth: file of the true mask; reported, never used by the loop.
        truth_labels: the organ's values in ``truth``; None for the only one besides 0, and ``()``
            for all but 0.
        labels: the same of the initial mask or of the mask to assess.
        device: ``auto``, ``cpu`` or ``cuda``.
        command: the words of the command line, for the report.
        slices_at_once: how many slices are refined together; None for what suits the device
            (:mod:`HermesLib.runs.at_once`).
        fallbacks: what the run has already given up for want of memory, for the report.
        send_masks: whether the engine sends masks, pGTs and prompts, or numbers only.
        write_iterations: whether all iterations are among the result files
            (:mod:`HermesLib.runs.iterations_file`).
        keep_names: whether the report names the files; names may be those of patients.
        threads: how many threads compute; None for PyTorch's own number.
        expected: what the inputs must be, where a run is repeated.
    """

    image: Path | None
    series: str | None = None
    preset: str = "prostate-t2"
    organ: str | None = None
    modality: str | None = None
    guide: str | None = None
    guide_labels: tuple[int, ...] | None = None
    guide_python: Path | None = None
    judge: str | None = None
    references: Path | None = None
    judge_weights: str | None = None
    calibration: Path | None = None
    quality: str = "diffusion"
    samples: int | None = None
    steps: int | None = None
    score: Literal["calibrated", "raw"] = "calibrated"
    settings: RefinementSettings = field(default_factory=RefinementSettings)
    slices: SliceRange | None = None
    truth: Path | None = None
    truth_labels: tuple[int, ...] | None = None
    labels: tuple[int, ...] | None = None
    device: str = "auto"
    command: tuple[str, ...] = ()
    slices_at_once: int | None = None
    fallbacks: tuple[str, ...] = ()
    send_masks: bool = True
    write_iterations: bool = False
    keep_names: bool = False
    threads: int | None = None
    expected: Expected | None = None


@dataclass(frozen=True, kw_only=True)
class RefineRequest(RunRequest):
    """Segment an image.

    Attributes:
        model: name of the promptable model; None for the preset's.
        weights: ``bundled``, or the path of a weight file.
        prompt: kind of the prompts; None for the model's first.
        prompting: how refined prompts are drawn.
        init: file of the initial mask; None for the model's own first mask.
        first_prompt: file of a user's prompt (:mod:`HermesLib.prompts.serialization`) for the
            first call of the model on every slice, instead of a random one. It must be of the
            kind ``prompt`` if that is given.
        server: address of the server of a model that has one; None for the usual one on this
            computer.
        examples: folder of cases that show the organ, for models that take examples
            (:mod:`HermesLib.runs.examples`).
        example_labels: the organ's values in their masks.
        precision: ``full``, or ``half`` for the model's network
            (:mod:`HermesLib.models.half_precision`).
        start_slice: index of the slice that is refined first, before those next to it; None for the
            organ's middle.
    """

    model: str | None = None
    weights: str = "bundled"
    prompt: str | None = None
    prompting: PromptSettings = field(default_factory=PromptSettings)
    init: Path | None = None
    first_prompt: Path | None = None
    server: str | None = None
    examples: Path | None = None
    example_labels: tuple[int, ...] | None = None
    start_slice: int | None = None
    precision: Precision = "full"


@dataclass(frozen=True, kw_only=True)
class AssessRequest(RunRequest):
    """Assess a segmentation.

    Attributes:
        mask: file of the segmentation; None if the caller passes it in memory.
        model: that a judge asks; None for the preset's.
        weights: of that model.
    """

    mask: Path | None
    model: str | None = None
    weights: str = "bundled"


@dataclass(frozen=True)
class ImportRequest:
    """Copy a checkpoint to the imported weights, after it has been read.

    Attributes:
        source: the file.
    """

    source: Path
