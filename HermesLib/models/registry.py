"""The promptable models there are, and how to load one."""

from dataclasses import dataclass

import torch

from HermesLib.checkpoints import load_checkpoint
from HermesLib.errors import HermesError
from HermesLib.models.medsam import MedSam
from HermesLib.models.mideepseg import Mideepseg
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.scribbleprompt import ScribblePrompt
from HermesLib.weights import bundled_checkpoint, find_weights

Adapter = type[MedSam] | type[ScribblePrompt] | type[Mideepseg]


@dataclass(frozen=True)
class ModelEntry:
    """What a user should know before choosing a model.

    Attributes:
        name, title: on the command line, and for people.
        adapter: the class that loads it.
        official_megabytes: size of the official checkpoint.
        licence: of the official code and weights.
        intended_use: in one sentence.
        official_page: where its authors say how to get the official file.
        official_sha256: of the official file, None where its authors publish none.
        bundled: name of the small bundled weights of the same architecture.
        notice: what must be said where a user chooses the model, empty if nothing.
    """

    name: str
    title: str
    adapter: Adapter
    official_megabytes: int
    licence: str
    intended_use: str
    official_page: str
    bundled: str
    official_sha256: str | None = None
    notice: str = ""

    @property
    def prompt_kinds(self) -> tuple[str, ...]:
        """The kinds of prompts it takes, its own first."""
        return self.adapter.prompt_kinds


MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="medsam",
            title="MedSAM (boxes)",
            adapter=MedSam,
            official_megabytes=375,
            licence="Apache-2.0",
            intended_use="Research on box-prompted segmentation of 2D medical images of any modality.",
            official_page="https://github.com/bowang-lab/MedSAM",
            bundled="medsam-small",
        ),
        ModelEntry(
            name="scribbleprompt",
            title="ScribblePrompt UNet (scribbles, clicks, boxes)",
            adapter=ScribblePrompt,
            official_megabytes=16,
            licence="Apache-2.0",
            intended_use="Research on interactive segmentation of 2D biomedical images by scribbles, clicks and boxes.",
            official_page="https://github.com/halleewong/ScribblePrompt",
            bundled="scribbleprompt-small",
        ),
        ModelEntry(
            name="mideepseg",
            title="MIDeepSeg (clicks)",
            adapter=Mideepseg,
            official_megabytes=12,
            licence="research only, see its repository",
            intended_use="Research on click-prompted segmentation of single objects.",
            official_page="https://github.com/HiLab-git/MIDeepSeg",
            bundled="mideepseg-small",
            notice="MIDeepSeg's authors call their method patented and not for clinical or commercial use.",
        ),
    )
}


def model_entry(name: str) -> ModelEntry:
    """The registry's entry.

    Raises:
        HermesError: no such model; the message lists those there are.
    """
    if name not in MODELS:
        raise HermesError(f"unknown model '{name}'; choose {', '.join(MODELS)}")
    return MODELS[name]


def load_model(name: str, weights: str = "bundled", device: torch.device | None = None) -> PromptableModel:
    """A model with weights, ready on ``device`` (CPU by default).

    ``weights`` is ``bundled``, the path of an official checkpoint or a project file, or the name of an imported one.

    Raises:
        HermesError: unknown name; missing, damaged or other model's weights.
    """
    entry = model_entry(name)
    checkpoint = bundled_checkpoint(entry.bundled) if weights == "bundled" else load_checkpoint(find_weights(weights))
    if checkpoint.kind not in (None, entry.adapter.kind):
        raise HermesError(f"{weights} holds weights of {checkpoint.kind}, not of {name}")
    try:
        model = entry.adapter.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, IndexError) as error:
        raise HermesError(f"{weights} does not fit {name}: its tensors have other names or shapes") from error
    return model.to(device or torch.device("cpu"))
