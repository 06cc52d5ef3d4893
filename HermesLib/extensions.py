"""Extensions: code outside the product that adds quality controls and commands to it.

An extension names a function in the entry-point group ``hermes.extensions`` of its package. The
function takes no arguments and adds entries to
:data:`HermesLib.quality.registry.QUALITY_CONTROLS` and :data:`COMMANDS`. The research wing of a
source checkout is such an extension. The product imports nothing of any extension.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

GROUP = "hermes.extensions"

#: Commands that extensions add: the name, and the module with ``add_parser(subparsers)``.
COMMANDS: dict[str, str] = {}

#: What users read who ask for the research wing where it is not installed.
RESEARCH_MISSING = (
    "the research wing (rivals, tables, release) is not part of this installation; "
    "get the source checkout of HERMES and run 'pip install -e .' in it"
)


@cache
def load_extensions() -> None:
    """Call the function of every extension once.

    An entry point of a module that is not installed is skipped: a wheel without the research
    wing still lists it. Errors inside an extension are raised.
    """
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        if _is_installed(entry):
            entry.load()()


def _is_installed(entry: EntryPoint) -> bool:
    try:
        import_module(entry.module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if entry.module == missing or entry.module.startswith(f"{missing}."):
            return False
        raise
    return True
