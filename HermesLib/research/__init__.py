"""The research wing: rivals, small models' training, tables, and how bundled weights were made.

Part of the source checkout only. It imports the product; the product imports nothing of it and
finds it through the entry-point group ``hermes.extensions``.
"""


def register() -> None:
    """Add the rivals as quality controls, and the command group ``hermes research``."""
    from HermesLib.extensions import COMMANDS
    from HermesLib.quality.registry import QUALITY_CONTROLS
    from HermesLib.research.rivals.entries import RIVAL_ENTRIES

    QUALITY_CONTROLS.update({entry.name: entry for entry in RIVAL_ENTRIES})
    COMMANDS["research"] = "HermesLib.research.commands"
