"""What steers and scores a run: the preset, the guide or quality control, and the judge."""

from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.io.volumes import Volume
from HermesLib.judges.calibrated import CalibratedJudge, MadeFor
from HermesLib.judges.protocol import Judge
from HermesLib.judges.registry import JudgeOptions, judge_entry, load_judge
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.volume_protocol import VolumeModel
from HermesLib.notices import notice
from HermesLib.presets.organs import organ_preset
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.guided import GuidedQuality
from HermesLib.quality.protocol import QualityControl
from HermesLib.runs.guide_drawing import GuideDrawing
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.recorded import array_sha256
from HermesLib.runs.request import AssessRequest, RunRequest

Model = PromptableModel | VolumeModel
#: Air in Hounsfield units: an image with such values is a CT.
_AIR_HU = -500.0


@dataclass(frozen=True, eq=False)
class Steering:
    """What steers and scores a run.

    Attributes:
        quality: draws the pGT.
        judge: scores the masks in place of ``quality``; None where that does.
        guide_sha256: of a guide's values; None without one.
    """

    quality: QualityControl
    judge: Judge | None
    guide_sha256: str | None = None


def run_preset(request: RunRequest, volume: Volume) -> Preset:
    """The preset of a run, or that of an organ without one in the image's modality.

    Raises:
        HermesError: an unknown preset, organ or modality.
    """
    if request.organ is None:
        return load_preset(request.preset)
    return organ_preset(request.organ, request.modality or _modality(volume))


def require_known(request: RunRequest) -> None:
    """Check preset or organ, before the image is read.

    Raises:
        HermesError: an unknown preset, organ or modality.
    """
    if request.organ is None:
        load_preset(request.preset)
    else:
        organ_preset(request.organ, request.modality or "CT")


def open_steering(
    request: RunRequest,
    preset: Preset,
    volume: Volume,
    device: torch.device,
    cache: ModelCache,
    drawing: GuideDrawing,
    *,
    mask: np.ndarray | None = None,
) -> Steering:
    """Draw the guide, or load the quality control; load the judge.

    Args:
        request: what to do.
        preset: of the run.
        volume: the image.
        device: where networks compute.
        cache: of the networks.
        drawing: how the guide is drawn.
        mask: (N, H, W) bool of the whole volume, where masks are assessed. It stands in for the
            pGT where only a judge is named.

    Raises:
        HermesError: an organ without a quality control and without a guide; a guide, judge or
            calibration that cannot be used.
        GuideCancelled: the run was cancelled while the guide's program was at work.
    """
    guided = drawing.given is not None or request.guide is not None
    judge = _judge(request, preset, device, guided=guided)
    if guided:
        guide = drawing.draw(request, preset, volume, device.type)
        if judge is None:
            notice(
                "agreement",
                "the score is the agreement with the guide, not an estimate of the true Dice: where"
                " the guide is wrong, a mask that follows it agrees. No slice is accepted without"
                " a calibration (hermes train calibration)",
            )
        by_guide = GuidedQuality(guide.probability, guide.name, guide.sha256, guide.soft)
        return Steering(by_guide, judge, guide.sha256)
    if preset.quality or request.quality != "diffusion":
        quality = cache.quality(
            request.quality, preset, device, request.samples, request.steps, request.score
        )
        return Steering(quality, judge)
    if judge is not None and mask is not None:
        assert request.judge is not None
        if judge_entry(request.judge).needs_outline:
            raise HermesError(
                f"the judge '{request.judge}' compares with an expected outline, and"
                f" '{preset.title}' has no quality control that draws one; name a guide with"
                " --guide, or another judge"
            )
        return Steering(_stand_in(mask), judge)
    judged = isinstance(request, AssessRequest)
    raise HermesError(
        f"'{preset.title}' has no quality control of its own; name a guide with --guide"
        + (" or a judge with --judge" if judged else "")
    )


def _stand_in(mask: np.ndarray) -> GuidedQuality:
    """The mask that is assessed in place of a pGT."""
    notice(
        "no-expected-outline",
        "without a guide there is no expected outline: where the judge draws none, the mask itself"
        " stands in its place, and nothing is known of slices without a mask",
    )
    return GuidedQuality(mask.astype(np.float32), "mask", array_sha256(mask))


def _judge(
    request: RunRequest, preset: Preset, device: torch.device, *, guided: bool
) -> Judge | None:
    name = request.judge
    if name is None and request.calibration is not None:
        if not guided:
            raise HermesError(
                "a calibration belongs to a judge or a guide; name it with --judge or --guide"
            )
        name = "agreement"
    if name is None:
        return None
    options = JudgeOptions(request.references, request.judge_weights, preset, device)
    judge = load_judge(name, options)
    if request.calibration is not None:
        return CalibratedJudge.read(judge, request.calibration)
    if judge.score != "calibrated":
        notice(
            "uncalibrated-judge",
            f"the score of the judge '{judge.name}' is not calibrated: it is no estimate of the"
            " true Dice that any patients have confirmed, and no slice is accepted by it",
        )
    return judge


def require_calibration(
    steering: Steering, preset: Preset, model: Model | None, *, loop: bool
) -> None:
    """Check that the calibration of a run, if it has one, was made for what the run works with.

    Args:
        steering: of the run.
        preset: of the run.
        model: of the run; None if it has none.
        loop: whether the model draws the masks.

    Raises:
        HermesError: it was made for another guide, judge, model or organ.
    """
    if isinstance(steering.judge, CalibratedJudge):
        steering.judge.require(made_for(steering, preset, model), loop=loop)


def made_for(steering: Steering, preset: Preset, model: Model | None) -> MadeFor:
    """What the score of a run follows from."""
    quality, judge = steering.quality, steering.judge
    assert judge is not None
    return MadeFor(
        # A segmentation that a program hands over is one that could lie in a file.
        guide="file" if quality.name == "memory" else quality.name,
        guide_sha256="" if isinstance(quality, GuidedQuality) else quality.sha256,
        judge=judge.name,
        judge_sha256=judge.raw_sha256 if isinstance(judge, CalibratedJudge) else judge.sha256,
        model="" if model is None else model.name,
        model_sha256="" if model is None else model.sha256,
        organ=preset.organ_label,
        modality=preset.modality,
    )


def _modality(volume: Volume) -> str:
    """Of an image: by its header, or by its values with a notice."""
    if volume.modality in ("CT", "MR"):
        return volume.modality
    found = "CT" if not volume.windowed and volume.lowest <= _AIR_HU else "MR"
    why = "has values of air in Hounsfield units" if found == "CT" else "has no Hounsfield units"
    notice(
        "modality-by-values",
        f"the image's header names no modality; it {why} and is taken as {found}"
        " (--modality names another)",
    )
    return found
