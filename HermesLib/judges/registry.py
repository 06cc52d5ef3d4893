"""The judges by name. A new judge is one module and one entry of :data:`JUDGES`.

Imports no judge until it is used, so that a program with a user interface can list them at no cost.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    import torch

    from HermesLib.judges.protocol import Judge
    from HermesLib.presets.preset import Preset


@dataclass(frozen=True)
class JudgeEntry:
    """A judge and what a user should know before choosing it.

    Attributes:
        name: on the command line.
        title: for people.
        build: ``module:function`` of ``(JudgeOptions) -> Judge``, imported when it is used.
        needs_model: whether it asks the promptable model.
        needs_references: whether it needs a folder of labelled cases.
        needs_weights: whether it needs a weight file of its own.
        needs_outline: whether it means nothing without an expected outline of a guide or quality
            control.
        source: the work that it follows.
        notice: what must be said where a user chooses it, empty if nothing.
    """

    name: str
    title: str
    build: str
    needs_model: bool = False
    needs_references: bool = False
    needs_weights: bool = False
    needs_outline: bool = False
    source: str = ""
    notice: str = ""


@dataclass(frozen=True)
class JudgeOptions:
    """What a judge is built from.

    Attributes:
        references: folder of labelled cases, or None.
        weights: file of the judge's own weights, or None.
        preset: the organ, and how the intensities of references are scaled.
        device: where it computes.
        leave_out: identities of patients who may not be among the references.
        family: begins the identities of the references' patients; None: the folder's own name.
    """

    references: Path | None = None
    weights: str | None = None
    preset: "Preset | None" = None
    device: "torch.device | None" = None
    leave_out: tuple[str, ...] = ()
    family: str | None = None


JUDGES: dict[str, JudgeEntry] = {
    entry.name: entry
    for entry in (
        JudgeEntry(
            name="agreement",
            title="Agreement with the expected outline (Dice)",
            build="HermesLib.judges.agreement:build",
            needs_outline=True,
            source="Dice 1945",
        ),
        JudgeEntry(
            name="predicted-iou",
            title="The model's own estimate (predicted IoU)",
            build="HermesLib.judges.predicted_iou:build",
            needs_model=True,
            source="Kirillov et al. 2023, Segment Anything",
        ),
        JudgeEntry(
            name="reprompt",
            title="The model asked again with the mask as its prompt",
            build="HermesLib.judges.reprompt:build",
            needs_model=True,
            source="Zhang et al. 2023, SQA-SAM",
        ),
        JudgeEntry(
            name="prompt-jitter",
            title="Pairwise Dice of the model's answers to moved prompts",
            build="HermesLib.judges.prompt_jitter:build",
            needs_model=True,
            source="Zenk et al. 2025",
        ),
        JudgeEntry(
            name="sample-variance",
            title="Variance of the model's answers to moved prompts",
            build="HermesLib.judges.sample_variance:build",
            needs_model=True,
            source="Kalkhof and Mukhopadhyay 2023, M3D-NCA",
        ),
        JudgeEntry(
            name="registration",
            title="The mask carried over to labelled slices (RCA)",
            build="HermesLib.judges.registration:build",
            needs_references=True,
            source="Valindria et al. 2017; Robinson et al. 2019",
        ),
        JudgeEntry(
            name="intensity",
            title="The outline compared with the brightness around it",
            build="HermesLib.judges.intensity:build",
            source="Audelan and Delingette 2019",
        ),
        JudgeEntry(
            name="in-context",
            title="The mask as the example by which labelled slices are segmented (RCA)",
            build="HermesLib.judges.in_context:build",
            needs_references=True,
            needs_weights=True,
            source="Cosarinsky et al. 2025; Valindria et al. 2017",
            notice="The judge 'in-context' needs the weights of UniverSeg or MultiverSeg;"
            " UniverSeg's official ones are for research only.",
        ),
    )
}


def judge_entry(name: str) -> JudgeEntry:
    """The registry's entry.

    Raises:
        HermesError: an unknown judge; the message lists the judges.
    """
    if name not in JUDGES:
        raise HermesError(f"unknown judge '{name}'; choose {', '.join(JUDGES)}")
    return JUDGES[name]


def load_judge(name: str, options: JudgeOptions) -> "Judge":
    """A judge, ready to use.

    Raises:
        HermesError: an unknown name, or references or weights that are missing or damaged.
    """
    entry = judge_entry(name)
    if entry.needs_references and options.references is None:
        raise HermesError(f"the judge '{name}' needs labelled cases; name them with --references")
    if entry.needs_weights and options.weights is None:
        raise HermesError(f"the judge '{name}' needs weights; name the file with --judge-weights")
    module, _, function = entry.build.partition(":")
    judge: Judge = getattr(import_module(module), function)(options)
    return judge
