"""Options that several commands share, and how their words become values."""

import argparse
from pathlib import Path
from typing import Any

from HermesLib.refinement.settings import RefinementSettings

DEFAULTS = RefinementSettings()


def add_output(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """``-o DIR``, required unless there is a default."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=default and Path(default),
        required=default is None,
        help="folder for the results" + (f" (default {default})" if default else ""),
    )


def add_quality_options(parser: argparse.ArgumentParser) -> None:
    """What every run with a quality control takes."""
    parser.add_argument(
        "--preset", default="prostate-t2", help="prostate-t2 or spleen-ct (default %(default)s)"
    )
    parser.add_argument(
        "--quality",
        metavar="NAME|FILE",
        default="diffusion",
        help="quality control (default %(default)s)",
    )
    parser.add_argument(
        "--samples", metavar="K", type=int, help="samples averaged into a pGT (default: as trained)"
    )
    parser.add_argument(
        "--steps", metavar="N", type=int, help="diffusion steps a sample (default: as trained)"
    )
    parser.add_argument(
        "--score",
        choices=["calibrated", "raw"],
        default="calibrated",
        help="pDSC as an estimate of the true Dice where the weights carry a calibration, or the plain Dice of mask and pGT",
    )
    parser.add_argument(
        "--threshold",
        metavar="T",
        type=float,
        default=DEFAULTS.threshold,
        help="accept a slice from this pDSC on (default %(default)s)",
    )
    parser.add_argument(
        "--slices", metavar="A:B", type=parse_slices, help="only slices A to B - 1, counted from 0"
    )
    parser.add_argument(
        "--truth", metavar="LABEL", type=Path, help="true mask; its Dice is reported and never used"
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=DEFAULTS.seed,
        help="of all randomness (default %(default)s)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    parser.add_argument(
        "--progress", action="store_true", help="a progress bar even where stderr is no terminal"
    )


def shared_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields every request takes from the options above, but for its settings."""
    names = (
        "image",
        "preset",
        "quality",
        "samples",
        "steps",
        "score",
        "slices",
        "truth",
        "device",
        "command",
    )
    return {name: getattr(arguments, name) for name in names}


def parse_slices(text: str) -> tuple[int | None, int | None]:
    """``A:B`` as Python's half-open range; either end may be left out or count from the end."""
    try:
        start, stop = (int(part) if part.strip() else None for part in text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no range of slices; write e.g. 4:12 for slices 4 to 11"
        ) from None
    return start, stop
