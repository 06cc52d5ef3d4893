"""``hermes demo``: the whole chain on a procedural sample with the bundled weights."""

import argparse
from pathlib import Path

from HermesLib.cli.options import add_output

#: The sample's seed; the phantoms among the training slices come from other seeds.
SAMPLE_SEED = 2026


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``demo``."""
    parser = subparsers.add_parser(
        "demo", help="segment a bundled sample: no data, no network needed", allow_abbrev=False
    )
    add_output(parser, "hermes-demo")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    parser.add_argument(
        "--progress", action="store_true", help="a progress bar even where stderr is no terminal"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the sample, refine it, say what came of it."""
    import tempfile

    from HermesLib.cli.running import run_and_tell
    from HermesLib.io.image_files import write_image
    from HermesLib.runs.request import RefineRequest
    from HermesLib.samples.prostate_phantom import prostate_phantom

    phantom = prostate_phantom(SAMPLE_SEED)
    with tempfile.TemporaryDirectory() as folder:
        sample, label = Path(folder) / "sample.nii.gz", Path(folder) / "sample_label.nii.gz"
        write_image(phantom.image, sample)
        write_image(phantom.label, label)
        request = RefineRequest(
            image=sample, truth=label, device=arguments.device, command=arguments.command
        )
        run_and_tell(request, arguments)
    write_image(phantom.image, arguments.output / sample.name)
    write_image(phantom.label, arguments.output / label.name)
    print(
        f"the sample and its true gland: {arguments.output / sample.name}, {arguments.output / label.name}"
    )
    return 0
