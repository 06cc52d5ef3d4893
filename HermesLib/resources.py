"""Location of the bundled presets and weights.

They are beside the package in a checkout, and inside it when installed.
"""

import os
from pathlib import Path

from HermesLib.errors import HermesError


def resource_path(*parts: str) -> Path:
    """Path of a bundled resource, e.g. ``resource_path("Presets", "prostate-t2.json")``.

    The environment variable ``HERMES_RESOURCES`` names another folder of the same layout. The path
    itself need not exist.

    Raises:
        HermesError: there is no folder with resources.
    """
    package = Path(__file__).resolve().parent
    override = os.environ.get("HERMES_RESOURCES")
    candidates = (
        [Path(override)] if override else [package.parent / "Resources", package / "resources"]
    )
    for root in candidates:
        # In an installed extension, another folder Resources (icons, .ui) is beside the package.
        if (root / "Presets").is_dir() or (override and root.is_dir()):
            return root.joinpath(*parts)
    raise HermesError(
        f"no resources at {candidates[0]};"
        " reinstall HERMES or set HERMES_RESOURCES to its Resources folder"
    )
