"""``hermes refine``: segment an image with a promptable model that the quality control steers."""

import argparse
from pathlib import Path

from HermesLib.cli.options import DEFAULTS, add_output, add_quality_options, shared_fields
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings

PROMPT_DEFAULTS = PromptSettings()


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``refine``."""
    parser = subparsers.add_parser(
        "refine", help="segment an image; quality control draws the prompts", allow_abbrev=False
    )
    parser.add_argument(
        "image",
        metavar="IMAGE",
        type=Path,
        help="NIfTI, NRRD, MHA, a folder of DICOM files or a 2D PNG",
    )
    add_output(parser)
    add_quality_options(parser)
    parser.add_argument(
        "--model",
        help="medsam, scribbleprompt or mideepseg (default: the preset's); mideepseg's authors call it patented"
        " and not for clinical or commercial use",
    )
    parser.add_argument(
        "--weights",
        metavar="bundled|FILE",
        default="bundled",
        help="the model's weights (default %(default)s)",
    )
    parser.add_argument("--prompt", help="box, scribbles or clicks (default: the model's first)")
    parser.add_argument(
        "--max-iterations",
        metavar="N",
        type=int,
        default=DEFAULTS.max_iterations,
        help="calls of the model after the first (default %(default)s)",
    )
    parser.add_argument(
        "--patience",
        metavar="N",
        type=int,
        default=DEFAULTS.patience,
        help="stop a slice after N iterations without a better pDSC (default %(default)s)",
    )
    parser.add_argument(
        "--keep",
        choices=["best", "last"],
        default=DEFAULTS.keep,
        help="a slice's result: its iteration of the best pDSC, or its last one (default %(default)s)",
    )
    parser.add_argument(
        "--pgt",
        choices=["renewed", "fixed"],
        default=DEFAULTS.pgt,
        help="draw the pGT anew from every mask, or keep the first one (default %(default)s)",
    )
    parser.add_argument(
        "--padding",
        metavar="PX",
        type=float,
        default=PROMPT_DEFAULTS.padding,
        help="pixels around the pGT's box, in proportion on slices below 320 pixels (default %(default)g)",
    )
    parser.add_argument(
        "--keep-first-prompts",
        action="store_true",
        help="keep the random first scribbles beside better ones",
    )
    parser.add_argument(
        "--first-prompt",
        metavar="JSON",
        type=Path,
        help="a person's prompt for all chosen slices, in place of a random first one; see README, First prompts",
    )
    parser.add_argument(
        "--init",
        metavar="MASK",
        type=Path,
        help="begin with this mask in place of the model's first",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Refine one image and say what came of it."""
    settings = RefinementSettings(
        threshold=arguments.threshold,
        max_iterations=arguments.max_iterations,
        patience=arguments.patience,
        seed=arguments.seed,
        keep=arguments.keep,
        pgt=arguments.pgt,
    )
    prompting = PromptSettings(arguments.padding, arguments.keep_first_prompts)

    from HermesLib.cli.running import run_and_tell
    from HermesLib.models.registry import MODELS
    from HermesLib.runs.request import RefineRequest

    request = RefineRequest(
        **shared_fields(arguments),
        settings=settings,
        model=arguments.model,
        weights=arguments.weights,
        prompt=arguments.prompt,
        prompting=prompting,
        init=arguments.init,
        first_prompt=arguments.first_prompt,
    )
    report = run_and_tell(request, arguments)
    notice = MODELS[report["provenance"]["model"]["name"]].notice
    if notice:
        print(notice)
    return 0
