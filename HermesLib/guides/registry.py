"""The guides by name. A new guide is one module, one program and one entry of :data:`GUIDES`.

Imports neither torch nor SimpleITK, so that a program with a user interface lists the guides at no
cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    from HermesLib.guides.map import GuideMap
    from HermesLib.guides.request import Organ
    from HermesLib.io.mask_values import Labels
    from HermesLib.io.volumes import Volume


@dataclass(frozen=True)
class GuideEntry:
    """A guide and what a user should know before choosing it.

    Attributes:
        name: on the command line.
        title: for people.
        draw: ``module:function``, which makes a :class:`GuideMap` of this entry and a
            :class:`HermesLib.guides.request.GuideRequest`; imported when it is used.
        licence: of code and weights.
        weights: where the weights come from.
        page: where its authors describe it.
        path: whether a file or folder follows the name: ``NAME:PATH``.
        path_title: what this file or folder is, for people.
        program: the script in ``HermesLib/guides/programs``; "" if nothing runs.
        distribution: what pip installs for the program.
        extra: this project's extra with the same; "" where there is none.
        own_environment: whether its requirements clash with what HERMES runs beside, such as VTK.
        organ: the only one that it knows, as data sets name it; "" for any.
        modality: the only one that it knows; "" for any.
        needs_geometry: whether the program goes by the place of the voxels in the patient.
        notice: what must be said where a user chooses the guide, empty if nothing.
    """

    name: str
    title: str
    draw: str
    licence: str
    weights: str
    page: str
    path: Literal["none", "optional", "required"]
    path_title: str = ""
    program: str = ""
    distribution: str = ""
    extra: str = ""
    own_environment: bool = False
    organ: str = ""
    modality: str = ""
    needs_geometry: bool = False
    notice: str = ""


GUIDES: dict[str, GuideEntry] = {
    entry.name: entry
    for entry in (
        GuideEntry(
            name="file",
            title="A mask or probability map",
            draw="HermesLib.guides.file:draw",
            licence="",
            weights="none",
            page="",
            path="required",
            path_title="mask or probability map",
        ),
        GuideEntry(
            name="totalsegmentator",
            title="TotalSegmentator (CT and MR, some 100 structures)",
            draw="HermesLib.guides.totalsegmentator:draw",
            licence="Apache-2.0; see its page for the weights",
            weights="downloaded by TotalSegmentator at its first run",
            page="https://github.com/wasserth/TotalSegmentator",
            path="optional",
            path_title="output folder or file",
            program="totalsegmentator_program.py",
            distribution="TotalSegmentator",
            extra="totalsegmentator",
            own_environment=True,
            needs_geometry=True,
            notice="TotalSegmentator downloads its weights and sends statistics of its use, unless"
            " its own settings say otherwise; with its output as PATH nothing runs.",
        ),
        GuideEntry(
            name="nnunet",
            title="nnU-Net",
            draw="HermesLib.guides.nnunet:draw",
            licence="Apache-2.0; the model's own terms",
            weights="the model folder that you have",
            page="https://github.com/MIC-DKFZ/nnUNet",
            path="required",
            path_title="model folder",
            program="nnunet_program.py",
            distribution="nnunetv2",
            extra="nnunet",
            notice="An nnU-Net checkpoint can run code when it is loaded; use only one that you"
            " trust.",
        ),
        GuideEntry(
            name="monai",
            title="MONAI bundle",
            draw="HermesLib.guides.monai_bundle:draw",
            licence="Apache-2.0; the bundle's own terms",
            weights="the bundle's folder that you have",
            page="https://github.com/Project-MONAI/model-zoo",
            path="required",
            path_title="bundle folder",
            program="monai_program.py",
            distribution="monai",
            notice="The configuration of a MONAI bundle can run code; use only one that you trust.",
        ),
        GuideEntry(
            name="taps",
            title="TAPS (prostate, T2-weighted MR)",
            draw="HermesLib.guides.taps:draw",
            licence="MIT, code and weights",
            weights="in the package lavlab-taps",
            page="https://pypi.org/project/lavlab-taps",
            path="none",
            program="taps_program.py",
            distribution="lavlab-taps",
            extra="taps",
            organ="prostate",
            modality="MR",
            needs_geometry=True,
        ),
    )
}


def split_spec(spec: str) -> tuple[GuideEntry, Path | None]:
    """The guide and the path that a user means by ``FILE``, ``NAME`` or ``NAME:PATH``.

    A file whose name is a guide's is meant by ``./NAME``.

    Raises:
        HermesError: no such guide and no such file; a path that is missing or not taken.
    """
    name, colon, text = spec.partition(":")
    entry = GUIDES.get(name.strip().lower())
    if entry is None:
        file = Path(spec).expanduser()
        if not file.exists():
            raise HermesError(
                f"there is no guide '{spec}': neither a file nor one of {', '.join(known_specs())}"
            )
        return GUIDES["file"], file
    if not text and entry.path == "required":
        raise HermesError(f"guide {entry.name} needs a {entry.path_title}: {entry.name}:PATH")
    if colon and entry.path == "none":
        raise HermesError(f"guide {entry.name} takes no path; leave '{colon}{text}' out")
    path = Path(text).expanduser() if text else None
    if path is not None and not path.exists():
        raise HermesError(f"the {entry.path_title} of guide {entry.name} is not there: {text}")
    return entry, path


def known_specs() -> list[str]:
    """How each guide is written, for help and messages."""
    forms = {"none": "{}", "optional": "{}[:PATH]", "required": "{}:PATH"}
    return [forms[entry.path].format(entry.name) for entry in GUIDES.values()]


def draw_guide(
    spec: str,
    volume: "Volume",
    organ: "Organ",
    labels: "Labels" = None,
    python: Path | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    progress: Callable[[str], None] | None = None,
    device: str = "auto",
    time_limit: float | None = None,
) -> "GuideMap":
    """The organ on the slices of an image, by a guide.

    Args:
        spec: a mask's or probability map's file, ``NAME`` or ``NAME:PATH``, see :data:`GUIDES`.
        volume: the image, N slices.
        organ: what to find.
        labels: the organ's values where the guide has several; ``()`` for all but 0.
        python: the interpreter of an environment of its own that has the guide's program.
        is_cancelled: asked several times a second while a program runs; then the program is ended.
        progress: is given the program's latest line, at least every few seconds: a sign of life.
        device: ``auto``, ``cpu`` or ``cuda``.
        time_limit: of the program, seconds; by default some hours.

    Raises:
        HermesError: no such guide, no such file, another patient's map, no organ in it, several
            labels, a program that is not installed or fails.
        GuideCancelled: ``is_cancelled`` said so.
    """
    from HermesLib.guides.request import TIME_LIMIT, GuideRequest

    entry, path = split_spec(spec)
    request = GuideRequest(
        volume,
        organ,
        path,
        labels,
        python,
        device,
        TIME_LIMIT if time_limit is None else time_limit,
        is_cancelled or (lambda: False),
        progress or (lambda line: None),
    )
    module, function = entry.draw.split(":")
    return getattr(import_module(module), function)(entry, request)
