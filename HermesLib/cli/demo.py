"""``hermes demo``: the whole chain on a synthetic sample with the bundled weights."""

import argparse
from pathlib import Path

from HermesLib.cli.options import add_output, add_progress

SAMPLE, LABEL = "sample.nii.gz", "sample_label.nii.gz"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``demo``."""
    parser = subparsers.add_parser(
        "demo",
        help="segment a synthetic sample; needs no data and no network",
        allow_abbrev=False,
    )
    add_output(parser, "hermes-demo")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw the sample, refine it and print a summary."""

    from HermesLib.cli.ending import print_closing
    from HermesLib.cli.running import run_and_print
    from HermesLib.io.image_writing import write_image
    from HermesLib.io.owned_folder import temporary_folder
    from HermesLib.runs.request import RefineRequest
    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    phantom = prostate_phantom(SAMPLE_SEED)

    def add_sample(folder: Path) -> None:
        write_image(phantom.image, folder / SAMPLE)
        write_image(phantom.label, folder / LABEL)

    with temporary_folder() as folder:
        add_sample(folder)
        request = RefineRequest(
            image=folder / SAMPLE,
            truth=folder / LABEL,
            device=arguments.device,
            command=arguments.command,
        )
        run_and_print(request, arguments, add_sample)
    print_closing(f"sample: {arguments.output / SAMPLE}, its true mask: {LABEL}")
    return 0
