"""Model cards: data and terms, split, command, seed, metrics and limits, as Markdown."""

import json
from typing import Any

from HermesLib.weights.checkpoint import Checkpoint

#: What the data sets' owners ask of those who use what was trained on them.
TERMS = {
    "promise12": "PROMISE12 challenge (Litjens 2014), research use, cite the challenge",
    "btcv-slices": "BTCV, Synapse terms, research use",
    "synapse-ct": "BTCV cases as prepared for TransUNet, research use, prepared data not passed on",
    "medscribble": "MedScribble (ScribblePrompt), each task under its data set's terms",
    "picai-masks": "PI-CAI whole-gland masks by an algorithm (Bosma22b), CC BY-NC 4.0",
    "phantom": "procedural, made by this project, no terms",
}


LIMITS = {
    "quality": "Judges single axial slices of one organ in one modality. Not validated for other fields of view, sequences or "
    "pathology that changes the organ's outline. The pDSC is an estimate, not a measurement.",
    "rival": "A small rebuild of a published method, for comparison with the QC core; not its authors' code or weights. Judges single axial "
    "slices of one organ in one modality.",
    "promptable": "A small model for tests, demonstrations and research on the loop; far below the official weights on "
    "objects other than those it was trained on.",
}


def model_card(
    trained: Checkpoint,
    title: str,
    command: str,
    tests: dict[str, dict[str, Any]],
    entry: dict[str, str | int],
    packed: bool = False,
) -> str:
    """Data and terms, split, command, seed, metrics and limits, as Markdown."""
    told = trained.training
    names = [source["name"] for source in told["data"]] + (
        ["phantom"] if told.get("phantoms") else []
    )
    parameters = sum(tensor.numel() for tensor in trained.tensors.values())
    lines = [f"# {title}", ""]
    size = f"{parameters / 1e6:.2f} M parameters, {int(entry['bytes']) / 1e6:.1f} MB ({'8-bit integers' if packed else 'half precision'})"
    lines += [f"`{entry['name']}.safetensors`: {size}, SHA-256 `{entry['sha256']}`.", ""]
    lines += [
        "**Not a medical device.** Research use only: the training data's terms allow no other.",
        "",
        "## Data and terms",
        "",
    ]
    lines += [f"- {name}: {TERMS.get(name, 'see its owner')}" for name in names]
    if told.get("phantoms"):
        lines += [
            "",
            f"{told['phantoms']} procedural slices joined the training patients; none validated or tested.",
        ]
    lines += ["", "## Split by patient", ""]
    lines += [
        f"- {part}: {_people(told['split'][part])}" for part in ("train", "validation", "test")
    ]
    lines += [
        "",
        "PROSTATE-X patients and the eleven BTCV test patients (1, 2, 3, 4, 22, 25, 29, 32, 35, 36, 38) were never read in training.",
    ]
    if "picai-masks" in names:
        lines += [
            "That holds for images. PI-CAI has studies of PROSTATE-X, whose patients its names do not tell: shapes of them were read, the",
            "masks of the six test patients not (no shape on their grids has a Dice above 0.93 with one of theirs).",
        ]
    lines += ["", "## Training", "", f"Seed {told['seed']}.", "", "```", command, "```", ""]
    if "initial" in told:
        lines += [
            f"Goes on from a first training on the same patients (weights' SHA-256 `{told['initial']['sha256']}`).",
            "",
        ]
    if "teacher" in told:
        lines += [
            f"Images without a label were labelled by an earlier core (SHA-256 `{told['teacher']['sha256']}`).",
            "",
        ]
    if told.get("refined_share"):
        lines += [
            f"Of the masks shown, a share of {told['refined_share']:g} is what promptable models drew of the training patients, "
            "refined by the first.",
            "",
        ]
    if "calibration" in told:
        lines += _calibration(trained, told["calibration"])
    lines += [
        "## Figures",
        "",
        "On held-out patients, used to choose the weights and, where shares are named, how the pGT is put together:",
        "",
        "```",
    ]
    lines += [json.dumps(_rounded(told["validation"])), "```"]
    for what, figures in tests.items():
        lines += ["", f"{what}:", "", "```", json.dumps(figures), "```"]
    kind = (
        "rival" if "baseline" in told else "quality" if trained.kind == "quality" else "promptable"
    )
    return "\n".join([*lines, "", "## Limits", "", LIMITS[kind], ""])


def _calibration(trained: Checkpoint, told: dict[str, Any]) -> list[str]:
    """Who the score was fitted on, and the curves."""
    curves = {name: trained.config["calibration"][name] for name in ("independent", "prompted")}
    seen = ", ".join(told.get("models_trained_on_them", told["models"]))
    models = (
        f"Some of them trained promptable models of the refinements ({seen})."
        if seen
        else ("No promptable model of the refinements was trained on any of them.")
    )
    return [
        "## Calibration of the score",
        "",
        f"`hermes train calibration` on the split's {' and '.join(told.get('parts', ('validation', 'test')))} patients "
        f"({', '.join(told['patients'])}), seed {told['seed']}: so none of",
        f"these may be used to test the score. {models}",
        "",
        "```",
        json.dumps(_rounded(curves)),
        "```",
        "",
    ]


def _rounded(values: Any) -> Any:
    """Numbers in nested dictionaries to four digits."""
    if isinstance(values, dict):
        return {name: _rounded(value) for name, value in values.items()}
    return round(values, 4) if isinstance(values, float) else values


def _people(patients: list[str]) -> str:
    groups = {
        "images without a label": "-unlabelled",
        "single slices of MedScribble": "medscribble",
        "patients' shapes of PI-CAI": "picai-masks",
    }
    labelled = [
        patient for patient in patients if not any(mark in patient for mark in groups.values())
    ]
    counts = {text: sum(mark in patient for patient in patients) for text, mark in groups.items()}
    others = [f"{count} {text}" for text, count in counts.items() if count]
    return f"{len(labelled)} patients ({', '.join(labelled)})" + "".join(
        f"; {other}" for other in others
    )
