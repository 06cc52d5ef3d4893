"""``hermes research release`` and ``hermes research recipe``."""

import argparse
import json
from pathlib import Path
from typing import Any


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands."""
    release = kinds.add_parser(
        "release", help="from a finished training to a weight file with card and manifest entry"
    )
    release.add_argument(
        "training",
        type=Path,
        metavar="RUN",
        help="the training's folder, or one of its weight files",
    )
    release.add_argument("name", metavar="NAME", help="the released file's name without ending")
    release.add_argument("--title", help="for people (default: that of the recipe)")
    release.add_argument(
        "--command",
        action="append",
        dest="commands",
        metavar="TEXT",
        help="a command that trained the weights, for the card (default: those of the recipe)",
    )
    release.add_argument(
        "--figures",
        action="append",
        default=[],
        metavar="WHAT=FILE",
        help="figures on test patients for the card: what was measured, and the JSON file that "
        "hermes evaluate or hermes research wrote (repeatable)",
    )
    release.add_argument("--half", action="store_true", help="half precision, not 8-bit integers")
    release.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where to (default: Resources/Research for rivals, else Resources/Weights)",
    )
    release.set_defaults(run=run_release)

    recipe = kinds.add_parser("recipe", help="print the commands behind a bundled weight file")
    recipe.add_argument("name", metavar="NAME", help="the file's name without ending")
    recipe.add_argument("--data", type=Path, default=Path("DATA"), metavar="DIR")
    recipe.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR")
    recipe.set_defaults(run=run_recipe)


def run_release(arguments: argparse.Namespace) -> int:
    """Release the weights of one training."""
    from HermesLib.errors import HermesError
    from HermesLib.research.release.recipes import recipes
    from HermesLib.research.release.release import ReleaseOptions, release

    recipe = recipes().get(arguments.name)
    title = arguments.title or (recipe.title if recipe else None)
    command = "\n".join(arguments.commands or ()) or (recipe.for_card() if recipe else None)
    if title is None or command is None:
        raise HermesError(f"no recipe for '{arguments.name}'; give --title and --command")
    options = ReleaseOptions(
        name=arguments.name,
        title=title,
        command=command,
        figures=dict(_read_figures(text) for text in arguments.figures),
        packed=not arguments.half,
        folder=arguments.folder,
    )
    print(f"released: {release(arguments.training, options)}")
    return 0


def _read_figures(text: str) -> tuple[str, dict[str, Any]]:
    """Read ``WHAT=FILE``."""
    from HermesLib.errors import HermesError

    what, equals, name = text.rpartition("=")
    if not equals or not Path(name).is_file():
        raise HermesError(f"'{text}' does not name a file of figures; write WHAT=FILE")
    try:
        figures: dict[str, Any] = json.loads(Path(name).read_text(encoding="utf-8"))["figures"]
    except (ValueError, KeyError, TypeError) as error:
        raise HermesError(f"{name} is not a JSON file of figures") from error
    return what, figures


def run_recipe(arguments: argparse.Namespace) -> int:
    """Print the commands behind one weight file, the release included."""
    import shlex

    from HermesLib.research.release.recipes import recipe_of

    recipe = recipe_of(arguments.name)
    if recipe.note:
        print(f"# {recipe.note}")
    for command in recipe.filled(arguments.data, arguments.runs):
        print(command)
    weights = shlex.quote(str(arguments.runs / recipe.weights))
    print(f"hermes research release {weights} {recipe.name}")
    return 0
