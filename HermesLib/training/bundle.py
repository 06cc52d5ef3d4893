"""From a finished training to bundled weights: half precision, a model card, and a line in the manifest."""

import json
from pathlib import Path
from typing import Any

from HermesLib.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from HermesLib.errors import HermesError
from HermesLib.quality.config import QualityConfig
from HermesLib.resources import resource_path
from HermesLib.weights import MANIFEST, manifest_entry

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


def bundle(run: Path, name: str, title: str, command: str, tests: dict[str, dict[str, Any]], packed: bool = False) -> Path:
    """Bundle the best weights of a training folder as ``NAME.safetensors`` with the card ``NAME.md``.

    Args:
        run: the training's folder.
        name, title: of the weights, for machines and people.
        command: the command line that trained them, for the card.
        tests: figures on test patients, by what they were measured on.
        packed: store layers as 8-bit integers (:func:`HermesLib.checkpoints.save_checkpoint`), not in half precision.
    """
    trained = load_checkpoint(run / "model.safetensors")
    if trained.kind is None:
        raise HermesError(f"{run} holds no weights of this project")
    folder = resource_path("Weights")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    # How a core is sampled is decided after it is trained.
    config = {
        **trained.config,
        **({"steps": QualityConfig.steps, "samples": QualityConfig.samples} if trained.kind == "quality" else {}),
    }
    save_checkpoint(path, trained.tensors, trained.kind, config, trained.training, half=True, packed=packed)
    entry = manifest_entry(path, trained.kind, title)
    (folder / f"{name}.md").write_text(model_card(trained, title, command, tests, entry, packed), encoding="utf-8")
    manifest = folder / MANIFEST
    listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []
    listed = sorted([other for other in listed if other["name"] != name] + [entry], key=lambda one: one["name"])
    manifest.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return path


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
    names = [source["name"] for source in told["data"]] + (["phantom"] if told.get("phantoms") else [])
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
        lines += ["", f"{told['phantoms']} procedural slices joined the training patients; none validated or tested."]
    lines += ["", "## Split by patient", ""]
    lines += [f"- {part}: {_people(told['split'][part])}" for part in ("train", "validation", "test")]
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
        lines += [f"Goes on from a first training on the same patients (weights' SHA-256 `{told['initial']['sha256']}`).", ""]
    if "teacher" in told:
        lines += [f"Images without a label were labelled by an earlier core (SHA-256 `{told['teacher']['sha256']}`).", ""]
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
    kind = "rival" if "baseline" in told else "quality" if trained.kind == "quality" else "promptable"
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
    labelled = [patient for patient in patients if not any(mark in patient for mark in groups.values())]
    counts = {text: sum(mark in patient for patient in patients) for text, mark in groups.items()}
    others = [f"{count} {text}" for text, count in counts.items() if count]
    return f"{len(labelled)} patients ({', '.join(labelled)})" + "".join(f"; {other}" for other in others)
