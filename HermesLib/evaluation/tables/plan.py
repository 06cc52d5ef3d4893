"""What is measured: the organs with their test patients, the sources of the pGT, and one cell for each combination."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import torch

from HermesLib.baselines.registry import BASELINES, load_judge
from HermesLib.baselines.regression import DiceRegression
from HermesLib.checkpoints import load_checkpoint
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, read_cases
from HermesLib.models.catalogue import MODELS
from HermesLib.presets import Preset, load_preset
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_quality

THRESHOLDS = (0.7, 0.8, 0.9)
HERMES, UNET = "HERMES", "plain U-Net"
TITLES = {
    HERMES: "HERMES",
    UNET: "plain segmentation U-Net",
    "postdae": "post-DAE (Larrazabal 2020)",
    "cvae": "constrained VAE (Painchaud 2020)",
    "galati": "autoencoder (Galati 2021)",
    "wang": "VAE of pairs (Wang 2020)",
    "regression": "regression of the Dice (Robinson 2018)",
}


@dataclass(frozen=True)
class Organ:
    """An organ's preset and its test cases."""

    preset: Preset
    cases: tuple[Case, ...]

    @classmethod
    def parse(cls, text: str) -> "Organ":
        """Read ``PRESET=LAYOUT:FOLDER``, as in ``prostate-t2=decathlon:DATA/prostatex``."""
        name, equals, folder = text.partition("=")
        if not equals:
            raise HermesError(f"'{text}' names no test cases; write PRESET=decathlon:FOLDER or PRESET=slices:FOLDER")
        preset = load_preset(name)
        cases = tuple(read_cases(folder, preset.organ_label))
        if not cases:
            raise HermesError(f"{folder} holds no test case")
        return cls(preset, cases)

    def quick(self) -> "Organ":
        """Two patients: enough to see that everything runs."""
        patients = sorted({case.patient for case in self.cases})[:2]
        return replace(self, cases=tuple(case for case in self.cases if case.patient in patients))


@dataclass(frozen=True)
class Source:
    """Who draws the pGT and judges: its name in the tables, the organ it was made for, and how it is loaded; one that draws no pGT judges
    only."""

    name: str
    preset: str
    sha256: str
    load: Callable[[torch.device], QualityControl]
    draws: bool = True


@dataclass(frozen=True)
class Cell:
    """One combination: a model on an organ, led by a source of the pGT, accepted at a threshold."""

    preset: str
    model: str
    source: str
    threshold: float

    @property
    def key(self) -> str:
        """The name of its file."""
        return f"{self.preset}_{self.model}_{self.source.replace(' ', '-')}_{self.threshold:g}"


def sources_of(organ: Organ, rivals: Sequence[Path]) -> list[Source]:
    """HERMES, its image expert alone as a plain U-Net, and those of the rivals' weights that were trained for the organ."""
    preset = organ.preset

    def unet(device: torch.device) -> QualityControl:
        quality = load_quality("diffusion", preset, device, score="raw")
        quality.core.config = replace(quality.core.config, expert_share=1.0)
        return quality

    sha256 = load_quality("diffusion", preset, torch.device("cpu")).sha256
    found = [
        Source(HERMES, preset.name, sha256, lambda device: load_quality("diffusion", preset, device)),
        Source(UNET, preset.name, sha256, unet),
    ]
    for path in rivals:
        checkpoint = load_checkpoint(path)
        if checkpoint.kind not in BASELINES:
            raise HermesError(f"{path.name} holds no rival's weights; hermes train baseline makes them")
        if checkpoint.training["preset"] == preset.name:

            def rival(device: torch.device, path: Path = path) -> QualityControl:
                return load_judge(str(path), preset, device)

            draws = checkpoint.kind != DiceRegression.kind
            found.append(Source(str(checkpoint.kind), preset.name, checkpoint.sha256, rival, draws))
    return found


def cells_of(organ: Organ, sources: Sequence[Source], thresholds: Sequence[float] = THRESHOLDS) -> list[Cell]:
    """Every model with every source that draws, at every threshold."""
    drawing = [source for source in sources if source.draws]
    return [
        Cell(organ.preset.name, model, source.name, threshold)
        for source, model, threshold in product(drawing, MODELS, thresholds)
    ]
