"""The model and the kind of prompt of a run, from what the user asks for."""

from typing import Any

from HermesLib.errors import HermesError
from HermesLib.models.registry import MODELS, ModelEntry, prompt_kind
from HermesLib.presets.organs import organ_preset
from HermesLib.presets.registry import load_preset
from HermesLib.prompts.examples import Examples, drawn_kind
from HermesLib.prompts.registry import JOIN, split_kind
from HermesLib.prompts.types import Prompt
from HermesLib.runs.request import AssessRequest, RefineRequest


def run_model(request: RefineRequest | AssessRequest) -> str:
    """The promptable model: the requested one, or the preset's."""
    if request.model is not None:
        return request.model
    if request.organ is not None:
        # Of every modality.
        return organ_preset(request.organ, "CT").model
    return load_preset(request.preset).model


def run_prompt_kind(
    entry: ModelEntry,
    requested: str | None,
    first_plain: dict[str, Any] | None,
    first_prompt: Prompt | None,
) -> str:
    """The kind of prompt of a run.

    A user's first prompt needs no examples: the run adds its own to what is drawn.

    Args:
        entry: the model.
        requested: the kind that the user asks for; None for that of the first prompt, or else the
            model's preferred one.
        first_plain, first_prompt: a user's first prompt, in either form, or None.

    Raises:
        HermesError: a kind that the model does not take, or another one than the first prompt's.
    """
    first_kind = first_plain["kind"] if first_plain is not None else None
    if first_prompt is not None:
        first_kind = first_prompt.kind
    if requested is None and first_kind is not None:
        kinds = split_kind(first_kind)
        added = [entry.always] if entry.always and entry.always not in kinds else []
        requested = JOIN.join([*kinds, *added])
    kind = prompt_kind(entry, requested)
    if first_kind is not None:
        if not drawn_kind(first_kind):
            raise HermesError("examples are no first prompt; give cases with --examples")
        if drawn_kind(first_kind) != drawn_kind(kind):
            raise HermesError(
                f"the first prompt is of kind '{first_kind}', but the run uses '{kind}' prompts"
            )
    return kind


def require_use_for_examples(kind: str) -> None:
    """Check that prompts of a kind hold examples, where the user gives some.

    Raises:
        HermesError: they do not.
    """
    if Examples.kind not in split_kind(kind):
        models = " or ".join(name for name, e in MODELS.items() if Examples.kind in e.prompt_kinds)
        raise HermesError(
            f"'{kind}' prompts have no use for examples; leave out --examples, or choose"
            f" --model {models}"
        )
