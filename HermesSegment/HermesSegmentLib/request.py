"""From the panel's inputs to a request for the engine."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.judges.registry import JUDGES
from HermesLib.prompts.types import Prompt
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest
from HermesSegmentLib.label_fields import labels_text
from HermesSegmentLib.model_section import loop_fields, model_fields
from HermesSegmentLib.node_io import write_mask, write_volume
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.steering import preset_of, steering_fields, steering_options

#: A threshold of the slider differs from the number in view in later digits.
_THRESHOLD_DIGITS = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Start:
    """What a run starts from.

    Attributes:
        slices: half-open range; None for all.
        initial: voxels (k, j, i) of the initial masks; None for the model's own.
        guide: voxels (k, j, i) of the segment that guides the run; None for other guides.
        first_prompt: replaces the parameters' kind of prompts; None for random first prompts.
        view: index of the slice in view, which is segmented first; None for the organ's middle.
    """

    slices: tuple[int, int] | None = None
    initial: np.ndarray | None = None
    guide: np.ndarray | None = None
    first_prompt: Prompt | None = None
    view: int | None = None


def make_request(parameters: Any, volume: Any, folder: Path, start: Start) -> RefineRequest:
    """A refinement of a volume.

    Args:
        parameters: of the panel.
        volume: the volume's node.
        folder: for the files that the engine reads.
        start: what the run starts from.

    Raises:
        HermesError: a number out of its range.
        RuntimeError: the volume cannot be written.
    """
    from HermesLib.prompts.serialization import write_prompt

    image, initial, prompt = (folder / name for name in ("image.nrrd", "init.nrrd", "prompt.json"))
    write_volume(volume, image)
    if start.initial is not None:
        write_mask(start.initial, volume, initial)
    if start.first_prompt is not None:
        write_prompt(prompt, start.first_prompt)
    return replace(
        refine_request(parameters, _kind(parameters, start)),
        **_written_guide(start.guide, volume, folder),
        image=image,
        first_prompt=None if start.first_prompt is None else prompt,
        slices=start.slices,
        init=None if start.initial is None else initial,
        start_slice=start.view,
        command=equivalent_command(parameters, start),
    )


def refine_request(parameters: Any, kind: str) -> RefineRequest:
    """What the panel asks of every volume, without the volume.

    Args:
        parameters: of the panel.
        kind: of the prompts.

    Raises:
        HermesError: a number out of its range.
    """
    from HermesLib.prompts.settings import PromptSettings

    return RefineRequest(
        image=None,
        **model_fields(parameters),
        **loop_fields(parameters, kind),
        prompt=kind,
        prompting=PromptSettings(padding=parameters.padding),
        **_shared(parameters),
    )


def assess_request(parameters: Any, labels: tuple[int, ...] | None = None) -> AssessRequest:
    """How the panel judges every mask, without image and mask.

    Args:
        parameters: of the panel.
        labels: the organ's values in a mask's file; None for the only one.

    Raises:
        HermesError: a number out of its range.
    """
    model = model_fields(parameters) if _asks_model(parameters) else {}
    return AssessRequest(image=None, mask=None, labels=labels, **model, **_shared(parameters))


def make_assess_request(
    parameters: Any,
    volume: Any,
    folder: Path,
    voxels: np.ndarray,
    slices: tuple[int, int] | None,
    guide: np.ndarray | None = None,
) -> AssessRequest:
    """A judgement of a mask.

    Args:
        parameters: of the panel.
        volume: the volume's node.
        folder: for the files that the engine reads.
        voxels: (k, j, i) of the mask on the volume's grid.
        slices: half-open range; None for all.
        guide: voxels (k, j, i) of the segment that guides the run; None for other guides.

    Raises:
        HermesError: a number out of its range.
        RuntimeError: a file cannot be written.
    """
    image, mask = folder / "image.nrrd", folder / "mask.nrrd"
    write_volume(volume, image)
    write_mask(voxels, volume, mask)
    options = _shared_options(parameters) | {"slices": _slices_text(slices)}
    if _asks_model(parameters):
        options |= _model_options(parameters)
    return replace(
        assess_request(parameters),
        **_written_guide(guide, volume, folder),
        image=image,
        mask=mask,
        slices=slices,
        command=_words(["hermes", "assess", image.name, mask.name], options),
    )


def _shared(parameters: Any) -> dict[str, Any]:
    """The fields of every request."""
    from HermesLib.refinement.settings import RefinementSettings

    return {
        **steering_fields(parameters),
        "samples": parameters.samples or None,
        "steps": parameters.steps or None,
        "device": parameters.device,
        "settings": RefinementSettings(
            threshold=round(parameters.threshold, _THRESHOLD_DIGITS),
            max_iterations=parameters.maximumIterations,
            patience=parameters.patience,
            seed=parameters.seed,
        ),
    }


def equivalent_command(parameters: Any, start: Start) -> tuple[str, ...]:
    """The command that does the same without Slicer."""
    options: dict[str, Any] = {
        **_shared_options(parameters),
        **_model_options(parameters),
        **loop_fields(parameters, _kind(parameters, start)),
        "prompt": _kind(parameters, start),
        "padding": f"{parameters.padding:g}",
        "max-iterations": parameters.maximumIterations,
        "patience": parameters.patience,
        "slices": _slices_text(start.slices),
        "first-prompt": None if start.first_prompt is None else "prompt.json",
        "init": None if start.initial is None else "init.nrrd",
        "start-slice": None if start.view is None else start.view + 1,
    }
    return _words(["hermes", "refine", "image.nrrd"], options)


def _model_options(parameters: Any) -> dict[str, Any]:
    fields = model_fields(parameters)
    return {**fields, "weights": None if fields["weights"] == "bundled" else fields["weights"]}


def _asks_model(parameters: Any) -> bool:
    """Whether the judge of a mask asks the promptable model."""
    return parameters.judge in JUDGES and JUDGES[parameters.judge].needs_model


def _written_guide(guide: np.ndarray | None, volume: Any, folder: Path) -> dict[str, Any]:
    """The field of a request with a segment as its guide, written on the volume's grid."""
    if guide is None:
        return {}
    write_mask(guide, volume, folder / "guide.nrrd")
    return {"guide": str(folder / "guide.nrrd")}


def _shared_options(parameters: Any) -> dict[str, Any]:
    return {
        **steering_options(parameters),
        "threshold": f"{parameters.threshold:g}",
        "seed": parameters.seed,
        "device": parameters.device,
        "samples": parameters.samples or None,
        "steps": parameters.steps or None,
    }


def _words(words: list[str], options: dict[str, Any]) -> tuple[str, ...]:
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        text = labels_text(value) if isinstance(value, tuple) else str(value)
        words = [*words, f"--{name.replace('_', '-')}", text]
    return tuple(words)


def _slices_text(slices: tuple[int, int] | None) -> str | None:
    return None if slices is None else f"{slices[0] + 1}-{slices[1]}"


def make_record(parameters: Any, request: RunRequest) -> RunRecord:
    """What the scene stores of a request."""
    organ = preset_of(parameters.preset).organ
    provenance = {
        "command": list(request.command),
        "preset": preset_of(parameters.preset, parameters.modality).name,
        "model": request.model if isinstance(request, RefineRequest) else None,
        "seed": parameters.seed,
    }
    coded = {"scheme": organ.scheme, "value": organ.value, "meaning": organ.meaning}
    return RunRecord(provenance, coded, request.settings.threshold)


def _kind(parameters: Any, start: Start) -> str:
    return parameters.prompt if start.first_prompt is None else start.first_prompt.kind
