"""From the panel's inputs to a request for the engine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.prompts.types import Prompt
from HermesLib.runs.request import RefineRequest
from HermesSegmentLib.node_io import write_mask, write_volume
from HermesSegmentLib.run_record import RunRecord

#: A threshold of the slider differs from the number in view in later digits.
_THRESHOLD_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Start:
    """What a run starts from.

    Attributes:
        slices: half-open range; None for all.
        initial: voxels (k, j, i) of the initial masks; None for the model's own.
        first_prompt: replaces the parameters' kind of prompts; None for random first prompts.
    """

    slices: tuple[int, int] | None = None
    initial: np.ndarray | None = None
    first_prompt: Prompt | None = None


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
    from HermesLib.prompts.settings import PromptSettings
    from HermesLib.refinement.settings import RefinementSettings

    image, initial, prompt = (folder / name for name in ("image.nrrd", "init.nrrd", "prompt.json"))
    write_volume(volume, image)
    if start.initial is not None:
        write_mask(start.initial, volume, initial)
    if start.first_prompt is not None:
        write_prompt(prompt, start.first_prompt)
    settings = RefinementSettings(
        threshold=round(parameters.threshold, _THRESHOLD_DIGITS),
        max_iterations=parameters.maximumIterations,
        patience=parameters.patience,
        seed=parameters.seed,
    )
    return RefineRequest(
        image=image,
        preset=parameters.preset,
        model=parameters.model,
        weights=parameters.weights,
        prompt=_kind(parameters, start),
        first_prompt=None if start.first_prompt is None else prompt,
        prompting=PromptSettings(padding=parameters.padding),
        settings=settings,
        samples=parameters.samples or None,
        steps=parameters.steps or None,
        slices=start.slices,
        device=parameters.device,
        init=None if start.initial is None else initial,
        command=equivalent_command(parameters, start),
    )


def equivalent_command(parameters: Any, start: Start) -> tuple[str, ...]:
    """The command that does the same without Slicer."""
    options: dict[str, Any] = {
        "preset": parameters.preset,
        "model": parameters.model,
        "weights": None if parameters.weights == "bundled" else parameters.weights,
        "prompt": _kind(parameters, start),
        "threshold": f"{parameters.threshold:g}",
        "padding": f"{parameters.padding:g}",
        "max-iterations": parameters.maximumIterations,
        "patience": parameters.patience,
        "seed": parameters.seed,
        "device": parameters.device,
        "samples": parameters.samples or None,
        "steps": parameters.steps or None,
        "slices": None if start.slices is None else f"{start.slices[0] + 1}-{start.slices[1]}",
        "first-prompt": None if start.first_prompt is None else "prompt.json",
        "init": None if start.initial is None else "init.nrrd",
    }
    words = ["hermes", "refine", "image.nrrd"]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name}", str(value)]
    return tuple(words)


def make_record(parameters: Any, request: RefineRequest) -> RunRecord:
    """What the scene stores of a request."""
    from HermesLib.presets.registry import load_preset

    organ = load_preset(parameters.preset).organ
    provenance = {
        "command": list(request.command),
        "preset": parameters.preset,
        "model": parameters.model,
        "seed": parameters.seed,
    }
    coded = {"scheme": organ.scheme, "value": organ.value, "meaning": organ.meaning}
    return RunRecord(provenance, coded, request.settings.threshold)


def _kind(parameters: Any, start: Start) -> str:
    return parameters.prompt if start.first_prompt is None else start.first_prompt.kind
