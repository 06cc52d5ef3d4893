"""``hermes demo``: the whole chain on a synthetic sample with the bundled weights."""

import argparse
from pathlib import Path

from HermesLib.cli.options import add_output, add_progress


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
    import tempfile

    from HermesLib.cli.running import run_and_print
    from HermesLib.io.image_files import write_image
    from HermesLib.runs.request import RefineRequest
    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    phantom = prostate_phantom(SAMPLE_SEED)
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.nii.gz"
        label = Path(folder) / "sample_label.nii.gz"
        write_image(phantom.image, sample)
        write_image(phantom.label, label)
        request = RefineRequest(
            image=sample, truth=label, device=arguments.device, command=arguments.command
        )
        run_and_print(request, arguments)
    write_image(phantom.image, arguments.output / sample.name)
    write_image(phantom.label, arguments.output / label.name)
    print(f"sample: {arguments.output / sample.name}, its true mask: {label.name}")
    return 0
