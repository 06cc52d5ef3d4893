"""What is measured: organs with their test cases, sources of the pGT, and one cell each."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.models.registry import bundled_models
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_diffusion, load_quality, preset_checkpoint
from HermesLib.research.release.test_patients import read_test_cases
from HermesLib.research.rivals.entries import RIVAL_TITLES
from HermesLib.research.rivals.mask_regression import MaskRegression
from HermesLib.research.rivals.registry import RIVALS, bundled_rivals
from HermesLib.research.rivals.regression import DiceRegression
from HermesLib.weights.checkpoint import load_checkpoint

HERMES, UNET = "HERMES", "plain U-Net"
TITLES = {HERMES: "HERMES", UNET: "plain segmentation U-Net", **RIVAL_TITLES}


@dataclass(frozen=True)
class Organ:
    """An organ's preset, its test cases, and the promptable models that are tested on it."""

    preset: Preset
    cases: tuple[Case, ...]
    models: tuple[str, ...] = bundled_models()

    @classmethod
    def parse(cls, text: str) -> "Organ":
        """Read ``PRESET=LAYOUT:FOLDER``, as in ``prostate-t2=decathlon:DATA/prostatex``."""
        name, equals, folder = text.partition("=")
        if not equals:
            raise HermesError(
                f"'{text}' does not name test cases; "
                "write PRESET=decathlon:FOLDER or PRESET=slices:FOLDER"
            )
        preset = load_preset(name)
        cases = tuple(read_test_cases(folder, preset.organ_label))
        if not cases:
            raise HermesError(f"{folder} has no test case")
        return cls(preset, cases)

    def quick(self) -> "Organ":
        """One patient and the preset's model, to check that everything runs."""
        first = min(case.patient for case in self.cases)
        return replace(
            self,
            cases=tuple(case for case in self.cases if case.patient == first),
            models=(self.preset.model,),
        )


@dataclass(frozen=True)
class PgtSource:
    """A quality control that draws the pGT and scores masks, or only scores them.

    Attributes:
        name: in the tables.
        preset: the organ it was made for.
        sha256: of its weights.
        load: loads it on a device.
        draws: whether it draws a pGT; otherwise it only scores masks.
        fixed: whether the pGT of the first mask is kept (an ablation).
        trained: the record of its training, from its weights.
    """

    name: str
    preset: str
    sha256: str
    load: Callable[[torch.device], QualityControl]
    draws: bool = True
    fixed: bool = False
    trained: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRun:
    """A model on an organ, guided by a source of the pGT, up to the highest threshold."""

    preset: str
    model: str
    source: str

    @property
    def key(self) -> str:
        """The name of its file."""
        return f"{self.preset}_{self.model}_{file_name(self.source)}"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a run at one threshold."""

    run: TableRun
    threshold: float


def file_name(title: str) -> str:
    """A title as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-")


def sources_of(organ: Organ, rivals: Sequence[Path]) -> list[PgtSource]:
    """HERMES, its image expert alone as a plain U-Net, and the rivals for the organ.

    The rivals are those bundled, and those of the given weight files that were trained for it.
    """
    preset = organ.preset

    def unet(device: torch.device) -> QualityControl:
        quality = load_diffusion("diffusion", preset, device, score="raw")
        return quality.with_blend(replace(quality.blend, expert_share=1.0))

    core = preset_checkpoint(preset)
    sources = [
        PgtSource(
            HERMES,
            preset.name,
            core.sha256,
            lambda device: load_quality("diffusion", preset, device),
            trained=core.training,
        ),
        PgtSource(UNET, preset.name, core.sha256, unet, trained=core.training),
    ]
    for path in [*bundled_rivals(preset), *rivals]:
        checkpoint = load_checkpoint(path)
        if checkpoint.kind not in RIVALS:
            raise HermesError(
                f"{path.name} does not hold weights of a rival (hermes research train-rival)"
            )
        if checkpoint.training["preset"] == preset.name:

            def rival(device: torch.device, path: Path = path) -> QualityControl:
                return load_quality(str(path), preset, device)

            draws = checkpoint.kind not in (DiceRegression.kind, MaskRegression.kind)
            sources.append(
                PgtSource(
                    str(checkpoint.kind),
                    preset.name,
                    checkpoint.sha256,
                    rival,
                    draws,
                    trained=checkpoint.training,
                )
            )
    return sources


def runs_of(
    organ: Organ, sources: Sequence[PgtSource], ablations: Sequence[PgtSource]
) -> list[TableRun]:
    """Every model with every source that draws, and the preset's model with every ablation."""
    preset = organ.preset
    runs = [
        TableRun(preset.name, model, source.name)
        for source, model in product(sources, organ.models)
        if source.draws
    ]
    return runs + [TableRun(preset.name, preset.model, source.name) for source in ablations]
