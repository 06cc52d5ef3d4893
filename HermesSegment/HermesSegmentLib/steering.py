"""What steers and scores a run, by the panel's parameters: organ, guide and judge."""

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from HermesLib.guides.registry import GUIDES
from HermesLib.judges.registry import JUDGES
from HermesLib.presets.organs import organ_names, organ_preset
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesSegmentLib.foreign_masks import ForeignMask, masks_of
from HermesSegmentLib.label_fields import labels_obstacle, labels_of
from HermesSegmentLib.library_words import library_word

#: Marks an organ without a preset among the presets.
_ORGAN = "organ:"
#: Guides: the preset's own quality control, a segment of the scene, and those of the registry.
OWN, SCENE = "own", "scene"
#: The guide of the registry that is a file.
FILE = "file"
GUIDE_CHOICES = [OWN, SCENE, *GUIDES]
#: Judges: the quality control or the agreement with the guide, and those of the registry.
JUDGE_CHOICES = [OWN, *JUDGES]
#: By the image's header or values, or named.
MODALITIES = ["auto", "CT", "MR"]


def organ_choices() -> list[str]:
    """The organs without a preset, as values of the parameter ``preset``; each structure once."""
    names = {organ_preset(name, "CT").title: name for name in reversed(organ_names())}
    return [f"{_ORGAN}{name}" for name in sorted(names.values())]


def organ_of(choice: str) -> str | None:
    """The organ without a preset that a value of the parameter ``preset`` names."""
    return choice.removeprefix(_ORGAN) if choice.startswith(_ORGAN) else None


def preset_of(choice: str, modality: str = "auto") -> Preset:
    """The preset that a value of the parameter ``preset`` names."""
    organ = organ_of(choice)
    if organ is None:
        return load_preset(choice)
    return organ_preset(organ, "CT" if modality == "auto" else modality)


def choice_title(choice: str) -> str:
    """What people read of a value of the parameter ``preset``."""
    title = preset_of(choice).title
    return library_word(title if organ_of(choice) is None else title.removesuffix(", CT"))


def guide_mask(parameters: Any) -> ForeignMask | None:
    """The segment of the scene that guides the run."""
    if parameters.guide != SCENE:
        return None
    masks = masks_of(parameters.guideNode)
    chosen = [mask for mask in masks if mask.part == parameters.guideSegment]
    return next(iter(chosen or masks), None)


def guide_names(parameters: Any) -> list[str]:
    """The names that the segment of another volume may have: the chosen one's, or the organ's."""
    chosen, preset = guide_mask(parameters), preset_of(parameters.preset)
    names = [] if chosen is None else [chosen.name]
    return [*names, choice_title(parameters.preset), preset.organ_label, preset.organ.meaning]


def steering_fields(parameters: Any, guide: Path | None = None) -> dict[str, Any]:
    """The fields of a request.

    Args:
        parameters: of the panel.
        guide: file of the segment that guides the run, if one of the scene does.
    """
    organ, judge = organ_of(parameters.preset), parameters.judge
    judged = judge != OWN
    modality = parameters.modality
    return {
        **({"preset": parameters.preset} if organ is None else {"organ": organ}),
        "modality": None if organ is None or modality == "auto" else modality,
        "guide": str(guide) if guide is not None else _spec(parameters),
        "guide_labels": labels_of(parameters.guideLabels) if holds_labels(parameters) else None,
        "guide_python": path_of(parameters.guidePython) if _runs(parameters) else None,
        "judge": judge if judged else None,
        "references": path_of(parameters.judgeReferences)
        if judged and JUDGES[judge].needs_references
        else None,
        "judge_weights": parameters.judgeWeights.strip() or None
        if judged and JUDGES[judge].needs_weights
        else None,
        "calibration": path_of(parameters.calibration) if judged else None,
    }


def steering_options(parameters: Any) -> dict[str, Any]:
    """The options of the equivalent command; a segment of the scene is ``guide.nrrd``."""
    fields = steering_fields(parameters)
    if parameters.guide == SCENE:
        fields["guide"] = "guide.nrrd"
    return fields


def obstacle(parameters: Any, *, judges: bool = False) -> str:
    """Why a run with this organ, guide and judge cannot start; empty if it can.

    Args:
        parameters: of the panel.
        judges: whether a mask is judged, for which a judge without a guide may be enough.
    """
    return _guide_obstacle(parameters, judges) or _judge_obstacle(parameters)


def queue_obstacle(parameters: Any, guides: str | None, *, judges: bool) -> str:
    """The same for several volumes, each of which has its own guide where that is no program.

    Args:
        parameters: of the panel.
        guides: folder of the guides as the user names it; None for volumes of the scene.
        judges: see :func:`obstacle`.
    """
    guide = parameters.guide
    if guide not in (SCENE, FILE):
        return obstacle(parameters, judges=judges)
    if guide == FILE and guides is None:
        return _("a file guides one volume; in Inputs, choose a segment of the scene as the guide")
    if guide == SCENE and guides is not None:
        return _("a folder's guides are files; in Inputs, choose a mask or probability map")
    folder = path_of(guides or "")
    if guide == FILE and (folder is None or not folder.is_dir()):
        return _("choose a folder with a guide for each image")
    return _judge_obstacle(parameters)


def _guide_obstacle(parameters: Any, judges: bool) -> str:
    guide = parameters.guide
    if guide == OWN:
        judge = JUDGES.get(parameters.judge)
        enough = judges and judge is not None and not judge.needs_outline
        if enough or preset_of(parameters.preset).quality:
            return ""
        words = (
            _("{organ} has no quality control of its own: choose a guide or a judge")
            if judges
            else _("{organ} has no quality control of its own: choose a guide")
        )
        return words.format(organ=choice_title(parameters.preset))
    if guide == SCENE:
        if parameters.guideNode is None:
            return _("Choose the segmentation that guides the run")
        if guide_mask(parameters) is None:
            return _("The segmentation that should guide the run has no segment")
        return ""
    entry, path = GUIDES[guide], path_of(parameters.guidePath)
    if entry.path == "required" and path is None:
        return _("Choose the guide's {what}").format(what=library_word(entry.path_title))
    if entry.path != "none" and path is not None and not path.exists():
        return _("The guide's {what} is not there").format(what=library_word(entry.path_title))
    return labels_obstacle(parameters.guideLabels) if holds_labels(parameters) else ""


def _judge_obstacle(parameters: Any) -> str:
    if parameters.judge == OWN:
        return ""
    entry, calibration = JUDGES[parameters.judge], path_of(parameters.calibration)
    if entry.needs_references:
        references = path_of(parameters.judgeReferences)
        if references is None or not references.is_dir():
            return _("Choose a folder with labelled cases for the judge")
    if entry.needs_weights and not parameters.judgeWeights.strip():
        return _("Choose the weights of the judge")
    if calibration is not None and not calibration.is_file():
        return _("The calibration of the judge is not there")
    return ""


def holds_labels(parameters: Any) -> bool:
    """Whether the guide is a file or a network that may hold several organs."""
    return parameters.guide in GUIDES and GUIDES[parameters.guide].path != "none"


def _runs(parameters: Any) -> bool:
    """Whether the guide is a program."""
    return parameters.guide in GUIDES and bool(GUIDES[parameters.guide].program)


def _spec(parameters: Any) -> str | None:
    """How the command line names the guide; None where it is a segment, or no guide."""
    if parameters.guide not in GUIDES:
        return None
    entry, path = GUIDES[parameters.guide], path_of(parameters.guidePath)
    if entry.path == "none" or path is None:
        return entry.name
    return f"{entry.name}:{path}"


def path_of(text: str) -> Path | None:
    """A path as a user has typed it; None for an empty field."""
    return Path(text.strip()).expanduser().absolute() if text.strip() else None
