"""Options that several commands share, and how their values are read."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from HermesLib.models.registry import MODELS
from HermesLib.prompts.registry import PROMPTS
from HermesLib.refinement.settings import RefinementSettings

DEFAULTS = RefinementSettings()


def named_path(text: str) -> Path:
    """A path that a user gives; an empty one would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty; give a file or folder")
    return Path(text)


def add_image(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument ``IMAGE``."""
    parser.add_argument(
        "image",
        metavar="IMAGE",
        type=named_path,
        help="NIfTI, NRRD, MHA, a folder of DICOM files or a 2D PNG",
    )
    add_series(parser)


def add_series(parser: argparse.ArgumentParser) -> None:
    """Add ``--series``."""
    parser.add_argument(
        "--series",
        metavar="NUMBER|UID",
        help="which series of a DICOM folder that holds several, as 'hermes series' lists them",
    )


def add_output(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add ``-o DIR``, which is required unless there is a default."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=named_path,
        default=default and Path(default),
        required=default is None,
        help="folder for the results" + (f" (default {default})" if default else ""),
    )


def add_labels(parser: argparse.ArgumentParser, mask: str) -> None:
    """Add ``--labels``; ``mask`` names the argument that it belongs to."""
    parser.add_argument(
        "--labels",
        "--label",
        metavar="N[+N]|all",
        type=parse_labels,
        help=f"the organ's values in {mask} with several organs, as TotalSegmentator writes it",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` and ``--weights``."""
    notices = "".join(f"; {entry.notice.rstrip('.')}" for entry in MODELS.values() if entry.notice)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help=f"{either(MODELS)} (default: the preset's){notices}",
    )
    parser.add_argument(
        "--weights",
        metavar="bundled|FILE",
        default="bundled",
        help="the model's weights (default %(default)s)",
    )


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add ``--server``."""
    remote = [name for name, entry in MODELS.items() if entry.needs_server]
    parser.add_argument(
        "--server",
        metavar="URL",
        help=f"where the server of {either(remote)} is (default: its usual address on this"
        " computer)",
    )


def add_prompt(parser: argparse.ArgumentParser) -> None:
    """Add ``--prompt``."""
    mixing = [name for name, entry in MODELS.items() if entry.mixed_kinds]
    parser.add_argument(
        "--prompt",
        metavar="KIND",
        help=f"{either(PROMPTS)} (default: the model's preferred kind);"
        f" {either(mixing)} also takes several kinds joined by '+'",
    )


def either(names: Iterable[str]) -> str:
    """Names as a choice in a sentence.

    >>> either(["box", "scribbles", "clicks"]), either(["box"])
    ('box, scribbles or clicks', 'box')
    """
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def add_progress(parser: argparse.ArgumentParser) -> None:
    """Add ``--progress``."""
    parser.add_argument(
        "--progress",
        action="store_true",
        help="show a progress bar even if stderr is not a terminal",
    )


def add_quality_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every run with a quality control."""
    parser.add_argument(
        "--preset",
        help="organ and modality: a name from 'hermes presets list' or a preset file"
        " (default prostate-t2)",
    )
    parser.add_argument(
        "--quality",
        metavar="NAME|FILE",
        default="diffusion",
        help="quality control (default %(default)s)",
    )
    parser.add_argument(
        "--samples",
        metavar="K",
        type=int,
        help="samples averaged into a pGT (default: stored with the weights)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=int,
        help="diffusion steps of a sample (default: stored with the weights)",
    )
    parser.add_argument(
        "--score",
        choices=["calibrated", "raw"],
        default="calibrated",
        help="pDSC as a calibrated estimate of the true Dice, where the weights have a"
        " calibration, or as the plain Dice of mask and pGT (default %(default)s)",
    )
    parser.add_argument(
        "--threshold",
        metavar="T",
        type=float,
        default=DEFAULTS.threshold,
        help="pDSC from which a slice is accepted (default %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=DEFAULTS.seed,
        help="seed of everything random (default %(default)s)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    parser.add_argument(
        "--keep-names",
        action="store_true",
        help="name the files in report.json; without it, the report has checksums only",
    )
    add_progress(parser)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run on one image: ``--slices`` and ``--truth``."""
    parser.add_argument(
        "--slices",
        metavar="A-B",
        type=parse_slices,
        help="only slices A to B, counted from 1 as in all output (or Python's A:B, from 0);"
        " which of them show the organ is decided from the whole volume",
    )
    parser.add_argument(
        "--truth",
        metavar="LABEL",
        type=named_path,
        help="true mask; its Dice is reported and never used",
    )
    parser.add_argument(
        "--truth-labels",
        "--truth-label",
        metavar="N[+N]|all",
        type=parse_labels,
        help="the organ's values in a --truth with several organs",
    )


def shared_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields that every request takes from the options above, except its settings."""
    names = (
        "image",
        "series",
        "quality",
        "samples",
        "steps",
        "score",
        "slices",
        "truth",
        "truth_labels",
        "labels",
        "device",
        "command",
        "keep_names",
    )
    return {name: getattr(arguments, name) for name in names}


def parse_count(text: str) -> int:
    """Read a whole number from 1 on.

    >>> parse_count("8")
    8
    """
    if not re.fullmatch(r"[1-9][0-9]*", text.strip()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)


def parse_labels(text: str) -> tuple[int, ...]:
    """Read ``N``, ``N+N`` or ``all``; 0 and values below it may be the organ, too.

    >>> parse_labels("1+2"), parse_labels("all")
    ((1, 2), ())
    """
    if text == "all":
        return ()
    if not re.fullmatch(r"-?[0-9]+(\+-?[0-9]+)*", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a label; write e.g. 1, 1+2 or all")
    return tuple(int(part) for part in text.split("+"))


def parse_slices(text: str) -> tuple[int | None, int | None]:
    """Read ``A-B``, slices counted from 1, or one slice, or Python's half-open range ``A:B``.

    In ``A:B``, A and B count from 0, and may be empty or count from the end.

    >>> parse_slices("5-12"), parse_slices("5")
    ((4, 12), (4, 5))
    >>> parse_slices("4:12"), parse_slices(":-2")
    ((4, 12), (None, -2))
    """
    numbers = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", text)
    if numbers:
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        if 1 <= first <= last:
            return first - 1, last
    try:
        start, stop = (int(part) if part.strip() else None for part in text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a range of slices; write e.g. 5-12 for slices 5 to 12, counted from 1"
        ) from None
    return start, stop
