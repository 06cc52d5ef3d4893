"""The Python packages of the engine: which are there in the versions it needs, and installing them.

PyTorch comes through Slicer's extension PyTorch, which picks the build for the computer's GPU.
Packages that Slicer brings keep their versions.
"""

import importlib
import importlib.metadata
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

#: What the extension PyTorch installs.
TORCH = {"torch": ">=2.6", "torchvision": ">=0.21"}
#: What pip installs. Slicer brings numpy and SimpleITK.
PACKAGES = (
    "monai>=1.5",
    "einops>=0.8",
    "scipy>=1.12",
    "scikit-image>=0.24",
    "safetensors>=0.5",
    "nibabel>=5.2",
    "pydantic>=2.6",
    "segment-anything>=1.0",
    "matplotlib>=3.9",
    "pillow>=10",
)
#: What an installation must not replace: Slicer's own libraries are built against them.
_SLICERS_OWN = ("numpy", "SimpleITK", "vtk")


def missing_packages() -> list[str]:
    """Requirements that no installed version meets; ``torch`` first. Imports none of them."""
    importlib.invalidate_caches()
    has_torch = all(_is_met(f"{name}{version}") for name, version in TORCH.items())
    others = [requirement for requirement in PACKAGES if not _is_met(requirement)]
    return others if has_torch else ["torch", *others]


def install_packages(missing: Sequence[str]) -> None:
    """Install missing packages; Slicer may ask the user for confirmation.

    Call it on the main thread: Slicer's installers show a dialog.

    Raises:
        RuntimeError: the PyTorch extension is not installed, or an installation failed.
    """
    before = installed_versions(_SLICERS_OWN)
    if "torch" in missing:
        _install_torch()
    # What PyTorch's installer pulled in must not stay beside libraries built for another numpy.
    changed = [
        f"{name}=={version}"
        for name, version in before.items()
        if installed_versions([name]).get(name) != version
    ]
    others = [*changed, *(name for name in missing if name != "torch")]
    if not others:
        return
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        constraints = Path(folder) / "constraints.txt"
        fixed = {**installed_versions(TORCH), **before}
        constraints.write_text(
            "".join(f"{name}=={version}\n" for name, version in fixed.items()), encoding="utf-8"
        )
        packaging = _slicer_packaging()
        if packaging is not None:
            packaging.pip_install(others, constraints=constraints, requester="HERMES Segment")
        else:
            slicer.util.pip_install(["--constraint", str(constraints), *others])


def installed_versions(names: Sequence[str] | dict[str, str]) -> dict[str, str]:
    """The installed versions of packages; packages that are not installed are left out."""
    importlib.invalidate_caches()
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _is_met(requirement: str) -> bool:
    """Whether an installed version meets a requirement ``name>=version``."""
    packaging = _slicer_packaging()
    if packaging is not None and hasattr(packaging, "pip_check"):
        return bool(packaging.pip_check(requirement))
    name, _sign, lowest = requirement.partition(">=")
    installed = installed_versions([name]).get(name)
    return installed is not None and _numbers(installed) >= _numbers(lowest)


def _numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version: ``2.6.0+cu118`` gives (2, 6, 0)."""
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()


def _slicer_packaging() -> Any:
    """``slicer.packaging``; None before Slicer 5.11."""
    present = getattr(slicer, "packaging", None)
    if present is not None:
        return present
    try:
        return importlib.import_module("slicer.packaging")
    except ImportError:
        return None


def _install_torch() -> None:
    try:
        import PyTorchUtils
    except ImportError:
        raise RuntimeError(
            _("Install the extension PyTorch in Slicer's Extensions Manager and restart Slicer")
        ) from None
    torch_logic = PyTorchUtils.PyTorchUtilsLogic()
    installed = torch_logic.installTorch(
        askConfirmation=True,
        torchVersionRequirement=TORCH["torch"],
        torchvisionVersionRequirement=TORCH["torchvision"],
    )
    if installed is None:
        raise RuntimeError(_("PyTorch was not installed"))
