"""From the panel's inputs to a request for the engine."""

from pathlib import Path
from typing import Any

import numpy as np

from HermesSegmentLib.node_io import write_mask, write_volume
from HermesSegmentLib.run_record import RunRecord


def make_request(
    parameters: Any,
    volume: Any,
    folder: Path,
    chosen: tuple[int, int] | None,
    initial: np.ndarray | None = None,
    first_prompt: Any = None,
) -> Any:
    """A refinement of a volume.

    Args:
        parameters: the panel's.
        volume: the volume's node.
        folder: where the files for the engine are written.
        chosen: the slices, half open; None for all.
        initial: voxels (k, j, i) to begin with.
        first_prompt: a prompt of HermesLib to begin with, in place of the parameters' kind of prompts.

    Raises:
        HermesError: a number out of its range.
        RuntimeError: the volume cannot be written.
    """
    from HermesLib.prompts.serialization import write_prompt
    from HermesLib.prompts.settings import PromptSettings
    from HermesLib.refinement.settings import RefinementSettings
    from HermesLib.runs.request import RefineRequest

    write_volume(volume, folder / "image.nrrd")
    if initial is not None:
        write_mask(initial, volume, folder / "init.nrrd")
    if first_prompt is not None:
        write_prompt(folder / "prompt.json", first_prompt)
    settings = RefinementSettings(
        threshold=round(parameters.threshold, 4),
        max_iterations=parameters.maximumIterations,
        patience=parameters.patience,
        seed=parameters.seed,
    )
    return RefineRequest(
        image=folder / "image.nrrd",
        preset=parameters.preset,
        model=parameters.model,
        weights=parameters.weights,
        prompt=parameters.prompt if first_prompt is None else first_prompt.kind,
        first_prompt=None if first_prompt is None else folder / "prompt.json",
        prompting=PromptSettings(padding=parameters.padding),
        settings=settings,
        samples=parameters.samples or None,
        steps=parameters.steps or None,
        slices=chosen,
        device=parameters.device,
        init=None if initial is None else folder / "init.nrrd",
        command=equivalent_command(parameters, chosen, initial is not None, first_prompt),
    )


def equivalent_command(
    parameters: Any, chosen: tuple[int, int] | None, initial: bool, first_prompt: Any = None
) -> tuple[str, ...]:
    """The command line that does the same without Slicer."""
    words = [
        "hermes",
        "refine",
        "image.nrrd",
        "--preset",
        parameters.preset,
        "--model",
        parameters.model,
    ]
    if parameters.weights != "bundled":
        words += ["--weights", parameters.weights]
    kind = parameters.prompt if first_prompt is None else first_prompt.kind
    words += [
        "--prompt",
        kind,
        "--threshold",
        f"{parameters.threshold:g}",
        "--padding",
        f"{parameters.padding:g}",
    ]
    words += [
        "--max-iterations",
        str(parameters.maximumIterations),
        "--patience",
        str(parameters.patience),
    ]
    words += ["--seed", str(parameters.seed), "--device", parameters.device]
    for name in ("samples", "steps"):
        if getattr(parameters, name):
            words += [f"--{name}", str(getattr(parameters, name))]
    if chosen is not None:
        words += ["--slices", f"{chosen[0]}:{chosen[1]}"]
    if first_prompt is not None:
        words += ["--first-prompt", "prompt.json"]
    return (*words, *(("--init", "init.nrrd") if initial else ()))


def make_record(parameters: Any, request: Any) -> RunRecord:
    """What the scene remembers of a request."""
    from HermesLib.presets.registry import load_preset

    organ = load_preset(parameters.preset).organ
    asked = {
        "command": list(request.command),
        "preset": parameters.preset,
        "model": parameters.model,
        "seed": parameters.seed,
    }
    coded = {"scheme": organ.scheme, "value": organ.value, "meaning": organ.meaning}
    return RunRecord(asked, coded, request.settings.threshold)
