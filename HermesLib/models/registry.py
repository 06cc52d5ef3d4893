"""How to load a promptable model of the catalogue."""

import torch

from HermesLib.checkpoints import load_checkpoint
from HermesLib.errors import HermesError
from HermesLib.models.catalogue import model_entry
from HermesLib.models.medsam import MedSam
from HermesLib.models.mideepseg import Mideepseg
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.scribbleprompt import ScribblePrompt
from HermesLib.weights import bundled_checkpoint, find_weights

ADAPTERS: dict[str, type[MedSam] | type[ScribblePrompt] | type[Mideepseg]] = {
    "medsam": MedSam,
    "scribbleprompt": ScribblePrompt,
    "mideepseg": Mideepseg,
}


def load_model(name: str, weights: str = "bundled", device: torch.device | None = None) -> PromptableModel:
    """A model with weights, ready on ``device`` (CPU by default).

    ``weights`` is ``bundled``, the path of an official checkpoint or a project file, or the name of an imported one.

    Raises:
        HermesError: unknown name; missing, damaged or other model's weights.
    """
    entry, adapter = model_entry(name), ADAPTERS[name]
    checkpoint = bundled_checkpoint(entry.bundled) if weights == "bundled" else load_checkpoint(find_weights(weights))
    if checkpoint.kind not in (None, adapter.kind):
        raise HermesError(f"{weights} holds weights of {checkpoint.kind}, not of {name}")
    try:
        model = adapter.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, IndexError) as error:
        raise HermesError(f"{weights} does not fit {name}: its tensors have other names or shapes") from error
    return model.to(device or torch.device("cpu"))
