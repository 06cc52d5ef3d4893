"""Options for organs without a quality control, for guides and for judges."""

import argparse
from typing import Any

from HermesLib.cli.options import either, named_path, parse_labels
from HermesLib.errors import HermesError
from HermesLib.judges.registry import JUDGES

#: The fields of a request that follow from these options.
FIELDS = (
    "organ",
    "modality",
    "guide",
    "guide_labels",
    "guide_python",
    "judge",
    "references",
    "judge_weights",
    "calibration",
)
#: The preset of a command that names neither preset nor organ.
DEFAULT_PRESET = "prostate-t2"


def add_guide_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--organ``, ``--guide``, ``--judge`` and what belongs to them."""
    group = parser.add_argument_group(
        "any organ, any segmentation", "see docs/guides.md and docs/judges.md"
    )
    group.add_argument(
        "--organ",
        metavar="NAME",
        help="an organ without a preset, e.g. liver ('other' for any structure), in place of"
        " --preset; needs --guide",
    )
    group.add_argument(
        "--modality",
        choices=["CT", "MR"],
        help="of the image, where --organ is given and its header names none",
    )
    group.add_argument(
        "--guide",
        metavar="FILE|NAME[:FOLDER]",
        help="a segmentation or an automatic segmenter that takes the place of the quality"
        " control's pGT",
    )
    group.add_argument(
        "--guide-labels",
        metavar="N[+N]|all",
        type=parse_labels,
        help="the organ's values in a guide with several organs",
    )
    group.add_argument(
        "--guide-python",
        metavar="FILE",
        type=named_path,
        help="the Python of the environment in which the guide's program is installed",
    )
    group.add_argument(
        "--judge",
        metavar="NAME",
        help=f"what scores the masks: {either(JUDGES)} (default: the quality control, or the"
        " agreement with the guide)",
    )
    group.add_argument(
        "--references",
        metavar="FOLDER",
        type=named_path,
        help="labelled cases for judges that need them",
    )
    group.add_argument("--judge-weights", metavar="FILE", help="weights of the judge's own network")
    group.add_argument(
        "--calibration",
        metavar="FILE",
        type=named_path,
        help="turns the judge's score, or the agreement with the guide, into an estimate of the"
        " true Dice; made by 'hermes train calibration'",
    )


def guide_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that follow from these options, and its preset.

    Raises:
        HermesError: a guide without an organ or preset; preset and organ together.
    """
    fields = {name: getattr(arguments, name, None) for name in FIELDS}
    preset = arguments.preset
    if preset is not None and fields["organ"] is not None:
        raise HermesError("give either --preset or --organ")
    if preset is None and fields["organ"] is None and fields["guide"] is not None:
        raise HermesError(
            "name what the guide segments: --organ NAME ('other' for any structure), or --preset"
        )
    return {"preset": preset or DEFAULT_PRESET, **fields}
