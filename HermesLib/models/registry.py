"""The promptable models by name. A new model is one module and one entry of :data:`MODELS`.

Imports no torch, so that a program with a user interface can list the models at no cost.
"""

from typing import TYPE_CHECKING

from HermesLib.errors import HermesError
from HermesLib.models.entry import ModelEntry as ModelEntry
from HermesLib.models.entry import TakesPrompts as TakesPrompts
from HermesLib.prompts.registry import JOIN, join_kinds, prompt_kinds, split_kind

if TYPE_CHECKING:
    import torch

    from HermesLib.models.protocol import PromptableModel
    from HermesLib.weights.checkpoint import Checkpoint


MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="medsam",
            title="MedSAM (boxes)",
            prompt_kinds=("box",),
            official_megabytes=375,
            licence="Apache-2.0",
            official_page="https://github.com/bowang-lab/MedSAM",
            bundled="medsam-small",
            adapter="HermesLib.models.medsam.adapter:MedSam",
        ),
        ModelEntry(
            name="scribbleprompt",
            title="ScribblePrompt UNet (scribbles, clicks, boxes)",
            prompt_kinds=("scribbles", "clicks", "box"),
            mixed_kinds=("scribbles", "clicks", "box"),
            official_megabytes=16,
            licence="Apache-2.0",
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
            official_page="https://github.com/HiLab-git/MIDeepSeg",
            bundled="mideepseg-small",
            adapter="HermesLib.models.mideepseg.adapter:Mideepseg",
            notice="MIDeepSeg's authors call their method patented and not for clinical or"
            " commercial use.",
        ),
        ModelEntry(
            name="universeg",
            title="UniverSeg (examples)",
            prompt_kinds=("examples",),
            official_megabytes=5,
            licence="Apache-2.0; weights OpenRAIL++-M, research only",
            official_page="https://github.com/JJGO/UniverSeg",
            adapter="HermesLib.models.incontext.adapter:UniverSeg",
            notice="UniverSeg's official weights are for research only, under the terms of the"
            " OpenRAIL++-M licence that comes with them.",
        ),
        ModelEntry(
            name="multiverseg",
            title="MultiverSeg (examples, also with scribbles, clicks, boxes)",
            prompt_kinds=("examples", "scribbles", "clicks", "box"),
            mixed_kinds=("examples", "scribbles", "clicks", "box"),
            always="examples",
            official_megabytes=76,
            licence="Apache-2.0; its authors say nothing apart of the weights",
            official_page="https://github.com/halleewong/MultiverSeg",
            adapter="HermesLib.models.incontext.adapter:MultiverSeg",
        ),
        ModelEntry(
            name="nninteractive",
            title="nnInteractive (whole volumes, on a server)",
            prompt_kinds=("clicks", "scribbles"),
            official_megabytes=400,
            licence="CC BY-NC-SA 4.0 (weights), Apache-2.0 (code)",
            official_page="https://github.com/MIC-DKFZ/nnInteractive",
            adapter="HermesLib.models.nninteractive.adapter:NnInteractive",
            notice="The official weights of nnInteractive are under CC BY-NC-SA 4.0: no commercial"
            " use.",
            dimensions=3,
            needs_server=True,
        ),
        ModelEntry(
            name="sam",
            title="Segment Anything (box and clicks, scribbles)",
            prompt_kinds=("box+clicks", "box", "clicks", "scribbles"),
            mixed_kinds=("box", "clicks", "scribbles"),
            official_megabytes=375,
            licence="Apache-2.0",
            official_page="https://github.com/facebookresearch/segment-anything",
            adapter="HermesLib.models.sam:Sam",
        ),
        ModelEntry(
            name="scribbleprompt-sam",
            title="ScribblePrompt-SAM (box and clicks, scribbles)",
            prompt_kinds=("box+clicks", "box", "clicks", "scribbles"),
            mixed_kinds=("box", "clicks", "scribbles"),
            official_megabytes=375,
            licence="Apache-2.0 (weights: not stated apart from the code)",
            official_page="https://github.com/halleewong/ScribblePrompt",
            adapter="HermesLib.models.scribbleprompt_sam:ScribblePromptSam",
        ),
        ModelEntry(
            name="sam-med2d",
            title="SAM-Med2D (box and clicks, scribbles)",
            prompt_kinds=("box+clicks", "box", "clicks", "scribbles"),
            mixed_kinds=("box", "clicks", "scribbles"),
            official_megabytes=1100,
            licence="Apache-2.0 (weights: not stated apart from the code)",
            official_page="https://github.com/OpenGVLab/SAM-Med2D",
            adapter="HermesLib.models.sam_med2d.adapter:SamMed2d",
        ),
        ModelEntry(
            name="sam2",
            title="SAM 2.1 (box and clicks, scribbles)",
            prompt_kinds=("box+clicks", "box", "clicks", "scribbles"),
            mixed_kinds=("box", "clicks", "scribbles"),
            official_megabytes=156,
            licence="Apache-2.0",
            official_page="https://github.com/facebookresearch/sam2",
            adapter="HermesLib.models.sam2.adapter:Sam2",
        ),
        ModelEntry(
            name="medsam2",
            title="MedSAM2 (box and clicks, scribbles)",
            prompt_kinds=("box+clicks", "box", "clicks", "scribbles"),
            mixed_kinds=("box", "clicks", "scribbles"),
            official_megabytes=156,
            licence="Apache-2.0 (weights: see the page that they come from)",
            official_page="https://github.com/bowang-lab/MedSAM2",
            adapter="HermesLib.models.sam2.adapter:MedSam2",
        ),
        ModelEntry(
            name="sam2-volume",
            title="SAM 2.1, propagated (whole volumes)",
            prompt_kinds=("clicks",),
            official_megabytes=156,
            licence="Apache-2.0",
            official_page="https://github.com/facebookresearch/sam2",
            adapter="HermesLib.models.sam2.volume:Sam2Volume",
            dimensions=3,
            weights_of="sam2",
        ),
        ModelEntry(
            name="medsam2-volume",
            title="MedSAM2, propagated (whole volumes)",
            prompt_kinds=("clicks",),
            official_megabytes=156,
            licence="Apache-2.0 (weights: see the page that they come from)",
            official_page="https://github.com/bowang-lab/MedSAM2",
            adapter="HermesLib.models.sam2.volume:MedSam2Volume",
            dimensions=3,
            weights_of="medsam2",
        ),
    )
}


def model_entry(name: str) -> ModelEntry:
    """The registry's entry.

    Raises:
        HermesError: an unknown model; the message lists the models.
    """
    if name not in MODELS:
        raise HermesError(f"unknown model '{name}'; choose {', '.join(MODELS)}")
    return MODELS[name]


def slice_models() -> tuple[str, ...]:
    """The names of the models that segment slices."""
    return tuple(name for name, entry in MODELS.items() if entry.dimensions == 2)


def offered_kinds() -> tuple[str, ...]:
    """The kinds of prompts that a user chooses from.

    All single kinds, and the mixtures that models prefer.
    """
    kinds = [*prompt_kinds(), *(kind for entry in MODELS.values() for kind in entry.prompt_kinds)]
    return tuple(dict.fromkeys(kinds))


def bundled_models() -> tuple[str, ...]:
    """The names of the models with bundled weights."""
    return tuple(name for name, entry in MODELS.items() if entry.bundled is not None)


def prompt_kind(model: TakesPrompts, requested: str | None = None) -> str:
    """The kind of prompt for a model: the requested one, or the model's preferred kind.

    A mixture such as ``clicks+box`` comes back in the order of the registry.

    Raises:
        HermesError: an unknown kind, or a kind or mixture that the model does not take.
    """
    if requested is None:
        return model.prompt_kinds[0]
    choices = " or ".join(model.prompt_kinds)
    for kind in requested.split(JOIN):
        if kind not in model.prompt_kinds:
            raise HermesError(f"{model.name} takes no '{kind}' prompts; choose {choices}")
    kinds = split_kind(requested)
    if len(kinds) > 1 and not set(kinds) <= set(model.mixed_kinds):
        raise HermesError(
            f"{model.name} takes no mixed prompts such as '{requested}'; choose {choices}"
        )
    always = getattr(model, "always", "")
    if always and always not in kinds:
        raise HermesError(
            f"{model.name} takes '{requested}' prompts only together with {always};"
            f" choose {join_kinds(split_kind(requested + JOIN + always))}"
        )
    return join_kinds(kinds)


def model_checkpoint(name: str, weights: str = "bundled") -> "Checkpoint":
    """A model's weights.

    Args:
        name: in the registry.
        weights: ``bundled``, the path of an official checkpoint or a project file, or the name of
            an imported one.

    Raises:
        HermesError: an unknown name; weights that are missing or damaged.
    """
    from HermesLib.models.loading import checkpoint_of

    entry = model_entry(name)
    if entry.dimensions == 3:
        raise HermesError(f"{name} segments whole volumes; here choose {', '.join(slice_models())}")
    return checkpoint_of(entry, weights)


def load_model(
    name: str, weights: str = "bundled", device: "torch.device | None" = None
) -> "PromptableModel":
    """A model with weights, ready on ``device`` (CPU by default).

    Args:
        name: in the registry.
        weights: see :func:`model_checkpoint`.
        device: where it computes.

    A notice says where nothing tells which of several models a file is of.

    Raises:
        HermesError: an unknown name; weights that are missing, damaged or of another model.
    """
    import torch

    from HermesLib.models.loading import built

    checkpoint = model_checkpoint(name, weights)
    loaded = built(model_entry(name), checkpoint, weights)
    model: PromptableModel = loaded.to(device or torch.device("cpu"))
    return model
