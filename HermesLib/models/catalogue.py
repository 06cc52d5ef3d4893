"""The promptable models there are: what a user should know before choosing one. Imports no library."""

from dataclasses import dataclass

from HermesLib.errors import HermesError


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
