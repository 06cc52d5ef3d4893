"""Recipes: the commands from data to released weights, one for every bundled weight file."""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.research.release.test_patients import NEVER_TRAINED, TEST_PATIENTS
from HermesLib.resources import resource_path

_FILE = Path(__file__).with_name("recipes.toml")
#: The folds of the recipes' ensembles, by preset.
FOLDS = Path(__file__).with_name("folds")
#: How long the recipes' ensembles are trained.
ENSEMBLE_STEPS = "--thorough --steps 2300 --context-steps 1600"


@dataclass(frozen=True)
class Recipe:
    """How a weight file was made.

    Attributes:
        name: of the file without ending.
        title: for people.
        weights: what the last command writes, relative to the folder of runs.
        commands: with placeholders, see ``recipes.toml``.
        note: what these commands do not repeat exactly.
    """

    name: str
    title: str
    weights: str
    commands: tuple[str, ...]
    note: str = ""

    def filled(self, data: Path, runs: Path) -> list[str]:
        """The commands for a folder of data sets and a folder of training runs."""
        folders = {"data": data, "runs": runs}
        folders |= {"weights": resource_path("Weights"), "research": resource_path("Research")}
        folders |= {"folds": FOLDS}
        values = {name: shlex.quote(str(folder)) for name, folder in folders.items()}
        return [command.format(**values, **_options()) for command in self.commands]

    def for_card(self) -> str:
        """The commands for a model card: ``DATA`` and ``runs`` in place of folders."""
        values = {"data": "DATA", "runs": "runs"}
        values |= {"weights": "Resources/Weights", "research": "Resources/Research"}
        values |= {"folds": "HermesLib/research/release/folds"}
        commands = [command.format(**values, **_options()) for command in self.commands]
        return "\n".join([*([f"# {self.note}"] if self.note else []), *commands])


def _options() -> dict[str, str]:
    """The placeholders that stand for options."""
    return {
        "ensemble_steps": ENSEMBLE_STEPS,
        "leave_out": shlex.join(["--leave-out", *TEST_PATIENTS]),
        "leave_out_always": shlex.join(["--leave-out", *NEVER_TRAINED]),
    }


@cache
def recipes() -> Mapping[str, Recipe]:
    """All recipes by the name of their weight file."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Recipe(
            name,
            table["title"],
            table["weights"],
            tuple(table["commands"]),
            table.get("note", ""),
        )
        for name, table in tables.items()
    }


def recipe_of(name: str) -> Recipe:
    """The recipe of a weight file.

    Raises:
        HermesError: there is none of that name.
    """
    if name not in recipes():
        raise HermesError(f"no recipe for '{name}'; choose {', '.join(recipes())}")
    return recipes()[name]
