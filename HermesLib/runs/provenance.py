"""The provenance of a run, and the check of one that is repeated."""

from dataclasses import dataclass, fields
from typing import Any

import torch

from HermesLib import __version__
from HermesLib.errors import HermesError
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.volume_protocol import VolumeModel
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.report.document import Network, Provenance
from HermesLib.runs.examples import GivenExamples
from HermesLib.runs.guiding import Steering
from HermesLib.runs.inputs import RunSources
from HermesLib.runs.recorded import (
    array_sha256,
    preset_sha256,
    recorded_command,
    recorded_names,
    recorded_settings,
    threads,
    versions,
    volume_sha256,
)
from HermesLib.runs.request import Expected, RunRequest

_CALLED = {
    "image": "the image",
    "truth": "the true mask",
    "mask": "the mask",
    "guide": "the guide",
    "judge": "the references, weights or calibration of the judge",
    "examples": "the examples",
    "preset": "the preset",
    "model": "the weights of the model",
    "quality": "the weights of the quality control",
}


@dataclass(frozen=True, eq=False)
class UsedParts:
    """What a run works with.

    Attributes:
        sources: the image and its masks.
        first_prompt: a user's prompt as plain values, or None.
        preset, device, model: no model where masks are assessed, unless a judge asks it.
        steering: guide or quality control, and judge.
        examples: that the user gives; None where there are none.
    """

    sources: RunSources
    first_prompt: dict[str, Any] | None
    preset: Preset
    device: torch.device
    model: PromptableModel | VolumeModel | None
    steering: Steering
    examples: GivenExamples | None = None

    @property
    def quality(self) -> QualityControl:
        """The quality control, or the guide in its place."""
        return self.steering.quality

    @property
    def score(self) -> str:
        """What the pDSC is."""
        judge = self.steering.judge
        return self.quality.score if judge is None else judge.score

    def checksums(self) -> Expected:
        """Of everything that results follow from."""
        masks = {"truth": self.sources.truth, "mask": self.sources.mask}
        return Expected(
            image=volume_sha256(self.sources.volume),
            preset=preset_sha256(self.preset),
            model=None if self.model is None else self.model.sha256,
            quality=self.quality.sha256,
            guide=self.steering.guide_sha256,
            judge=None if self.steering.judge is None else self.steering.judge.sha256,
            examples=None if self.examples is None else self.examples.sha256,
            **{name: None if mask is None else array_sha256(mask) for name, mask in masks.items()},
        )


def provenance_of(request: RunRequest, parts: UsedParts, checksums: Expected) -> Provenance:
    """The provenance of a run: checksums and settings, and names only where they are kept."""
    model, quality, judge = parts.model, parts.quality, parts.steering.judge
    inputs = {field.name: getattr(checksums, field.name) for field in fields(checksums)}
    return Provenance(
        hermes=__version__,
        command=recorded_command(request),
        seed=request.settings.seed,
        device=str(parts.device),
        preset=parts.preset.name,
        model=None if model is None else Network(model.name, model.sha256),
        quality=Network(quality.name, quality.sha256),
        score=parts.score,
        judge=None if judge is None else Network(judge.name, judge.sha256),
        image_sha256=parts.sources.volume.sha256,
        interval=quality.guarantee if judge is None else judge.guarantee,
        fallbacks=request.fallbacks,
        settings=recorded_settings(request),
        inputs={**inputs, "first_prompt": parts.first_prompt},
        versions=versions(parts.device.type),
        threads=threads(),
        names=recorded_names(request) if request.keep_names else {},
    )


def require_expected(expected: Expected, found: Expected) -> None:
    """Check that a repeated run works with what the report lists.

    Raises:
        HermesError: an input is another one; the message lists them all.
    """
    others = [
        words
        for name, words in _CALLED.items()
        if getattr(expected, name) != getattr(found, name)
        # Nothing follows from the truth, so that it may be left out.
        and not (name == "truth" and found.truth is None)
    ]
    if others:
        raise HermesError(
            f"not the one of the report: {', '.join(others)}; give the same file, and use the same"
            " version of HERMES where its own files are meant"
        )
