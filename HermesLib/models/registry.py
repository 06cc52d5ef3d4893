"""The promptable models by name: what a user should know before choosing one, and how it is loaded.

Imports no torch, so that a program with a user interface can list the models at no cost.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    import torch

    from HermesLib.models.protocol import PromptableModel


@dataclass(frozen=True)
class ModelEntry:
    """What a user should know before choosing a model.

    Attributes:
        name, title: on the command line, and for people.
        prompt_kinds: the kinds of prompts it takes, its own first.
        official_megabytes: size of the official checkpoint.
        licence: of the official code and weights.
        intended_use: in one sentence.
        official_page: where its authors say how to get the official file.
        official_sha256: of the official file, None where its authors publish none.
        bundled: name of the small bundled weights of the same architecture.
        adapter: ``module:Class`` of the :class:`PromptableModel`, imported when it is loaded.
        notice: what must be said where a user chooses the model, empty if nothing.
    """

    name: str
    title: str
    prompt_kinds: tuple[str, ...]
    official_megabytes: int
    licence: str
    intended_use: str
    official_page: str
    bundled: str
    adapter: str
    official_sha256: str | None = None
    notice: str = ""


MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="medsam",
            title="MedSAM (boxes)",
            prompt_kinds=("box",),
            official_megabytes=375,
            licence="Apache-2.0",
            intended_use="Research on box-prompted segmentation of 2D medical images of any modality.",
            official_page="https://github.com/bowang-lab/MedSAM",
            bundled="medsam-small",
            adapter="HermesLib.models.medsam.adapter:MedSam",
        ),
        ModelEntry(
            name="scribbleprompt",
            title="ScribblePrompt UNet (scribbles, clicks, boxes)",
            prompt_kinds=("scribbles", "clicks", "box"),
            official_megabytes=16,
            licence="Apache-2.0",
            intended_use="Research on interactive segmentation of 2D biomedical images by scribbles, clicks and boxes.",
            official_page="https://github.com/halleewong/ScribblePrompt",
            bundled="scribbleprompt-small",
            adapter="HermesLib.models.scribbleprompt:ScribblePrompt",
        ),
        ModelEntry(
            name="mideepseg",
            title="MIDeepSeg (clicks)",
            prompt_kinds=("clicks",),
            official_megabytes=12,
            licence="research only, see its repository",
            intended_use="Research on click-prompted segmentation of single objects.",
            official_page="https://github.com/HiLab-git/MIDeepSeg",
            bundled="mideepseg-small",
            adapter="HermesLib.models.mideepseg.adapter:Mideepseg",
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


def load_model(
    name: str, weights: str = "bundled", device: "torch.device | None" = None
) -> "PromptableModel":
    """A model with weights, ready on ``device`` (CPU by default).

    ``weights`` is ``bundled``, the path of an official checkpoint or a project file, or the name of an imported one.

    Raises:
        HermesError: unknown name; missing, damaged or other model's weights.
    """
    import torch

    from HermesLib.weights.bundled import bundled_checkpoint
    from HermesLib.weights.checkpoint import load_checkpoint
    from HermesLib.weights.imported import find_weights

    entry = model_entry(name)
    module, _, adapter_class = entry.adapter.partition(":")
    adapter = getattr(import_module(module), adapter_class)
    checkpoint = (
        bundled_checkpoint(entry.bundled)
        if weights == "bundled"
        else load_checkpoint(find_weights(weights))
    )
    if checkpoint.kind not in (None, adapter.kind):
        raise HermesError(f"{weights} holds weights of {checkpoint.kind}, not of {name}")
    try:
        model = adapter.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, IndexError) as error:
        raise HermesError(
            f"{weights} does not fit {name}: its tensors have other names or shapes"
        ) from error
    return model.to(device or torch.device("cpu"))
