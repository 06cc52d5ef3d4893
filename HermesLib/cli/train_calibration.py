"""``hermes train calibration``: what a score is worth, learned on labelled patients."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.cli.guide_options import add_guide_options
from HermesLib.cli.options import either
from HermesLib.cli.training_options import show_line
from HermesLib.errors import HermesError
from HermesLib.models.registry import MODELS

if TYPE_CHECKING:
    import torch

    from HermesLib.evaluation.cases import Case
    from HermesLib.judges.protocol import Judge
    from HermesLib.presets.preset import Preset
    from HermesLib.quality.protocol import QualityControl


def add_parser(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``calibration`` to the kinds of training."""
    parser = kinds.add_parser(
        "calibration",
        help="fit a score to the true Dice: of a QC core, or of a guide or judge",
        description="Fit a score to the true Dice of labelled patients. With --weights, that of a"
        " QC core; the output is the weights with their calibration. With --guide or --judge, that"
        " of any organ's guide or judge; the output is a JSON file for --calibration.",
    )
    parser.add_argument("--preset", metavar="NAME", help="organ and modality")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a QC core's weights")
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="labelled patients; of a QC core its held-out ones",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="the weights with their calibration, or a JSON file",
    )
    parser.add_argument(
        "--weigh",
        action="store_true",
        help="of a QC core: first choose the blend of drawn pGT and organ map, and the part of the"
        " neighbouring slices in it, on the held-out patients",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help=f"of a guide or judge: the model that refines, {either(MODELS)}, or 'none' for masks"
        " from elsewhere alone (default: the preset's)",
    )
    parser.add_argument(
        "--model-weights", default="bundled", metavar="bundled|FILE", help="the model's weights"
    )
    parser.add_argument(
        "--slices",
        type=int,
        default=6,
        metavar="N",
        help="of a guide or judge: how many slices of each patient (default %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="processor threads; all by default")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    add_guide_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Calibrate the score of a QC core, or of a guide or judge."""
    from HermesLib.devices import use_threads

    use_threads(arguments.threads)
    guided = arguments.guide is not None or arguments.judge is not None
    if guided == (arguments.weights is not None):
        raise HermesError(
            "name what is calibrated: either a QC core with --weights, or --guide or --judge"
        )
    if arguments.calibration is not None:
        raise HermesError("--calibration is what this command makes; name its file with -o")
    if not guided:
        if arguments.preset is None:
            raise HermesError("a QC core is that of a preset; name it with --preset")
        return _run_core(arguments)
    return _run_score(arguments)


def _run_core(arguments: argparse.Namespace) -> int:
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.presets.registry import load_preset
    from HermesLib.training.blend import choose_blend
    from HermesLib.training.calibrate import train_calibration
    from HermesLib.training.held_out import HeldOutData

    preset = load_preset(arguments.preset)
    data = HeldOutData([TrainingDataset.parse(text) for text in arguments.data])
    weights = arguments.weights
    if arguments.weigh:
        weights = choose_blend(
            weights,
            preset,
            data,
            arguments.output.with_name("blended.safetensors"),
            seed=arguments.seed,
            device_name=arguments.device,
            say=show_line,
        )
    numbers = train_calibration(
        preset,
        weights,
        data,
        arguments.output,
        seed=arguments.seed,
        device_name=arguments.device,
        on_case=_show_case,
    )
    print(json.dumps(numbers, indent=1))
    return 0


def _run_score(arguments: argparse.Namespace) -> int:
    from HermesLib.datasets.references import family_in
    from HermesLib.devices import select_device
    from HermesLib.evaluation.case_guides import case_guide
    from HermesLib.evaluation.cases import read_cases
    from HermesLib.evaluation.judged_masks import Judging
    from HermesLib.judges.registry import JudgeOptions, judge_entry, load_judge
    from HermesLib.models.registry import load_model
    from HermesLib.runs.guiding import Steering, made_for
    from HermesLib.training.score_calibration import calibrate_score

    device = select_device(arguments.device)
    preset = _preset(arguments)
    cases = [case for text in arguments.data for case in read_cases(text, preset.organ_label)]
    judge_name = arguments.judge or "agreement"
    needs_references = judge_entry(judge_name).needs_references
    family = family_in(arguments.data, arguments.references) if arguments.references else None

    def load(leave_out: tuple[str, ...] = ()) -> "Judge":
        options = JudgeOptions(
            arguments.references, arguments.judge_weights, preset, device, leave_out, family
        )
        return load_judge(judge_name, options)

    judge = load()
    wanted = arguments.model or preset.model
    if judge.needs_model and wanted == "none":
        raise HermesError(f"the judge '{judge_name}' asks a model; name it with --model")
    model = None if wanted == "none" else load_model(wanted, arguments.model_weights, device)
    first: QualityControl
    if arguments.guide is None:
        first, cases = _core(arguments, preset, cases, device)
    else:
        first = case_guide(
            arguments.guide, cases[0], preset, arguments.guide_labels, arguments.guide_python
        )

    def quality_of(case: "Case") -> "QualityControl":
        if arguments.guide is None:
            return first.without(case.identity)
        if case is cases[0]:
            return first
        return case_guide(
            arguments.guide, case, preset, arguments.guide_labels, arguments.guide_python
        )

    def judges_of(case: "Case") -> "Mapping[str, Judge]":
        # Nobody is a reference for himself.
        return {judge_name: load((case.identity,)) if needs_references else judge}

    judging = Judging(
        preset, quality_of, judges_of, model, device, arguments.slices, seed=arguments.seed
    )
    made = made_for(Steering(first, judge), preset, model)
    fitted = calibrate_score(cases, judging, made, show_line, _show_case)
    fitted.calibration.write(arguments.output)
    guarantee = fitted.calibration.guarantee
    show_line(
        f"{len(fitted.masks)} masks of {guarantee.patients} patients; of the intervals for"
        f" {guarantee.nominal:.0%} of the masks, so many patients can guarantee"
        f" {guarantee.guaranteed:.0%}"
    )
    made_here = fitted.calibration
    for name, curve, figures in (
        ("masks from elsewhere", made_here.elsewhere, made_here.elsewhere_unseen),
        ("masks of the loop", made_here.loop, made_here.loop_unseen),
    ):
        if figures is not None:
            show_line(f"{name}: {figures.line(guarantee.nominal)}")
        elif curve is not None:
            show_line(f"{name}: too few patients to leave one out and measure the calibration")
    print(arguments.output.read_text(encoding="utf-8"), end="")
    return 0


def _preset(arguments: argparse.Namespace) -> "Preset":
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.evaluation.cases import LAYOUTS
    from HermesLib.presets.organs import organ_preset
    from HermesLib.presets.registry import load_preset

    if (arguments.preset is None) == (arguments.organ is None):
        raise HermesError("name the organ: either --preset NAME or --organ NAME")
    if arguments.preset is not None:
        return load_preset(arguments.preset)
    modality = arguments.modality
    if modality is None:
        modality = TrainingDataset.parse(arguments.data[0], LAYOUTS).modality()
    return organ_preset(arguments.organ, modality)


def _core(
    arguments: argparse.Namespace, preset: "Preset", cases: "list[Case]", device: "torch.device"
) -> "tuple[QualityControl, list[Case]]":
    """The preset's quality control, and the cases that it is honest on."""
    from HermesLib.evaluation.training_overlap import trained_on
    from HermesLib.quality.registry import load_quality, quality_weights

    if not preset.quality:
        raise HermesError(
            f"'{preset.title}' has no quality control of its own; name a guide with --guide"
        )
    _, name, checkpoint = quality_weights("diffusion", preset)
    in_folds = {one for names in checkpoint.training.get("folds", []) for one in names}
    seen = set(trained_on(checkpoint.training, cases)) - in_folds
    if seen:
        show_line(f"left out: {len(seen)} patients that {name} was trained on")
    kept = [case for case in cases if case.identity not in seen]
    if not kept:
        raise HermesError(f"{name} was trained on all these patients; calibrate on others")
    return load_quality("diffusion", preset, device), kept


def _show_case(done: int, total: int) -> None:
    show_line(f"case {done} of {total}")
