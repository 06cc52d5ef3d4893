"""Model cards as Markdown: data and terms, split, command, seed, figures and limits."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from HermesLib.metrics.guarantee import Guarantee
from HermesLib.weights.checkpoint import Checkpoint

NOT_STATED = (
    "The terms of the data were not stated. Check them before you use or share the weights: they "
    "may restrict both."
)
QUALITY_LIMITS = (
    "Judges single axial slices of one organ in one modality. Not validated for other fields of "
    "view, sequences or pathology that changes the organ's outline. The pDSC is an estimate, not a "
    "measurement."
)
#: Families of more patients than this are counted, not listed.
_LISTED = 60
#: Ends the identity of a patient whose images have no label.
_UNLABELLED = "-unlabelled"


@dataclass(frozen=True)
class CardText:
    """What a card says beside what the checkpoint records.

    Attributes:
        title: of the weights.
        command: the command line that trained them.
        figures: on test patients, by what was measured.
        terms: terms of use by data set. Data sets without an entry are listed by name.
        use: a sentence on the use that the terms allow.
        notes: paragraphs on the split.
        limits: what the weights are not good for.
    """

    title: str
    command: str
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    use: str = ""
    notes: Sequence[str] = ()
    limits: str = QUALITY_LIMITS


@dataclass(frozen=True)
class StoredFile:
    """A weight file as stored: name without ending, size in bytes, checksum, 8-bit or not."""

    name: str
    bytes: int
    sha256: str
    packed: bool = False


def model_card(trained: Checkpoint, text: CardText, stored: StoredFile) -> str:
    """The card of a checkpoint as Markdown."""
    training = trained.training
    parameters = sum(tensor.numel() for tensor in trained.tensors.values())
    precision = "8-bit integers" if stored.packed else "half precision"
    lines = [
        f"# {text.title}",
        "",
        f"`{stored.name}.safetensors`: {parameters / 1e6:.2f} M parameters, "
        f"{stored.bytes / 1e6:.1f} MB ({precision}), SHA-256 `{stored.sha256}`.",
        "",
        f"**Not a medical device.** {text.use}".rstrip(),
        "",
        *_data(training, text),
        *_split(training, text.notes),
        *_training(training, text.command),
    ]
    if "calibration" in training:
        lines += _calibration(trained, training["calibration"])
    lines += [*_figures(training, text.figures), "## Limits", "", text.limits, ""]
    return "\n".join(lines)


def _data(training: Mapping[str, Any], text: CardText) -> list[str]:
    names = [dataset["name"] for dataset in training["data"]]
    if training.get("phantoms"):
        names.append("phantom")
    lines = ["## Data and terms", ""]
    lines += [
        f"- {name}" + (f": {text.terms[name]}" if name in text.terms else "") for name in names
    ]
    stated = list(training.get("terms", ()))
    if stated:
        lines += ["", "Terms as stated by whoever trained the weights:", ""]
        lines += [f"- {terms}" for terms in stated]
    elif not text.terms:
        lines += ["", NOT_STATED]
    if training.get("phantoms"):
        lines += [
            "",
            f"{training['phantoms']} procedural {_kind_of_phantoms(training)} joined the training "
            "patients; none validated or tested.",
        ]
    return [*lines, ""]


def _kind_of_phantoms(training: Mapping[str, Any]) -> str:
    """Ensembles are trained on whole phantom volumes, in every fold."""
    return "volumes" if "folds" in training else "slices"


def _split(training: Mapping[str, Any], notes: Sequence[str]) -> list[str]:
    if "folds" in training:
        return _folds(training, notes)
    lines = ["## Split by patient", ""]
    split = training["split"]
    lines += [f"- {part}: {_patients(split[part])}" for part in ("train", "validation", "test")]
    if training.get("left_out"):
        lines += [f"- left out: {_patients(training['left_out'])}"]
    for note in notes:
        lines += ["", note]
    return [*lines, ""]


def _folds(training: Mapping[str, Any], notes: Sequence[str]) -> list[str]:
    """The folds of a cross-fitted ensemble."""
    lines = [
        "## Folds by patient",
        "",
        "Every member was trained on all patients but those of its fold. Figures of these patients "
        "are out of fold: the members that were trained on a patient take no part in them.",
        "",
    ]
    lines += [f"- fold {k}: {_patients(names)}" for k, names in enumerate(training["folds"])]
    if training.get("left_out"):
        lines += [f"- left out: {_patients(training['left_out'])}"]
    for note in notes:
        lines += ["", note]
    return [*lines, ""]


def _training(training: Mapping[str, Any], command: str) -> list[str]:
    lines = ["## Training", "", f"Seed {training['seed']}.", "", "```", command, "```", ""]
    if "initial" in training:
        lines += [
            "Continued from an earlier training on the same patients "
            f"(SHA-256 of its weights `{training['initial']['sha256']}`).",
            "",
        ]
    if "core" in training:
        lines += [
            "The ensemble joined an earlier QC core, whose latent diffusion it keeps (SHA-256 of "
            f"its weights `{training['core']['sha256']}`).",
            "",
        ]
    if "teacher" in training:
        lines += [
            "Images without a label were labelled by earlier weights "
            f"(SHA-256 `{training['teacher']['sha256']}`).",
            "",
        ]
    if training.get("refined_share"):
        lines += [
            f"A share of {training['refined_share']:g} of the masks in training was drawn by "
            "promptable models in refinements that the earlier weights guided.",
            "",
        ]
    return lines


def _calibration(trained: Checkpoint, record: Mapping[str, Any]) -> list[str]:
    """The patients that the score was fitted on, and the curves."""
    if record.get("out_of_fold"):
        return _out_of_fold_calibration(record)
    curves = {name: trained.config["calibration"][name] for name in ("independent", "prompted")}
    models = record.get("models_trained_on_them", record["models"])
    fitted = trained.config["calibration"]
    guarantee = Guarantee.of(fitted["coverage"], fitted["patients"])
    parts = " and ".join(record.get("parts", ("validation", "test")))
    return [
        "## Calibration of the score",
        "",
        f"`hermes train calibration` on the {parts} patients of the split "
        f"({', '.join(record['patients'])}), seed {record['seed']}. "
        "Do not use these patients to test the score.",
        (
            f"Some of them trained promptable models of the refinements ({', '.join(models)})."
            if models
            else "None of them trained a promptable model of the refinements."
        ),
        "",
        "```",
        json.dumps(_rounded(curves)),
        "```",
        "",
        _interval(guarantee),
        "",
        *_presence(record.get("presence_rule")),
    ]


def _out_of_fold_calibration(record: Mapping[str, Any]) -> list[str]:
    """What was fitted on answers of members to patients that they had not seen."""
    guarantee = Guarantee.of(record["coverage"], len(record["patients"]))
    return [
        "## Calibration of presence and score",
        "",
        f"Fitted on {record['masks']} masks and on all slices of {_patients(record['patients'])}, "
        f"seed {record['seed']}: on what the members say of the patients that they were not "
        "trained on. For out-of-fold figures of a patient, it is fitted without the patient's "
        "fold, too. The presence rule, four numbers, is fitted on all of them.",
        "",
        _interval(guarantee),
        "",
        *_presence(record.get("presence_rule")),
    ]


def _interval(guarantee: Guarantee) -> str:
    return (
        f"Interval: {guarantee.nominal:.0%} nominal; {guarantee.patients} patients can guarantee "
        f"at most {guarantee.guaranteed:.0%}."
    )


def _presence(rule: str | Mapping[str, Any] | None) -> list[str]:
    """How the presence rule was fitted, if the calibration records it."""
    if rule is None:
        return []
    if isinstance(rule, str):
        return [f"Presence rule: {rule}.", ""]
    return ["Presence rule:", "", "```", json.dumps(_rounded(rule)), "```", ""]


def _figures(training: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["## Figures"]
    if "validation" in training:
        lines += [
            "",
            "On held-out patients, used to choose the weights and, where shares are named, the "
            "blend of organ map and samples in the pGT:",
            "",
            "```",
            json.dumps(_rounded(training["validation"])),
            "```",
        ]
    for measured, values in figures.items():
        lines += ["", f"{measured}:", "", "```", json.dumps(values), "```"]
    return [*lines, ""]


def _rounded(values: Any) -> Any:
    """Numbers in nested dictionaries to four digits."""
    if isinstance(values, Mapping):
        return {name: _rounded(value) for name, value in values.items()}
    return round(values, 4) if isinstance(values, float) else values


def _patients(patients: Sequence[str]) -> str:
    """Identities, large families by their number."""
    labelled = [name for name in patients if not name.endswith(_UNLABELLED)]
    sizes = Counter(_family(name) for name in labelled)
    listed = [name for name in labelled if sizes[_family(name)] <= _LISTED]
    parts = [f"{len(listed)} patients ({', '.join(listed)})" if listed else "0 patients"]
    parts += [f"{count} of {family}" for family, count in sizes.items() if count > _LISTED]
    if len(labelled) < len(patients):
        parts.append(f"{len(patients) - len(labelled)} images without a label")
    return "; ".join(parts)


def _family(identity: str) -> str:
    """The data set of a patient: the identity without its number."""
    head, _, tail = identity.rpartition("-")
    return head if tail.isdigit() else identity.split("-")[0]
