"""A model folder of nnU-Net v2 as a guide.

The folder is what nnU-Net's training leaves: ``dataset.json``, ``plans.json`` and ``fold_*`` with
checkpoints. It is read here before any program starts, so that a wrong folder is said at once.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap
from HermesLib.guides.organ_labels import choose_labels
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest
from HermesLib.io.digest import files_sha256

_FILES = ("dataset.json", "plans.json")
#: Checkpoints of a fold, the preferred one first.
_CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    """The organ's probability by the mean of all folds.

    Raises:
        HermesError: no model folder; a model of several images; labels of which none is the
            organ's; see also :func:`HermesLib.guides.external.draw_by_program`.
    """
    assert request.path is not None
    folder = model_folder(request.path)
    dataset = _json(folder / "dataset.json")
    channels = dataset.get("channel_names") or dataset.get("modality") or {}
    if len(channels) != 1:
        raise HermesError(
            f"the nnU-Net model needs {len(channels)} images ({', '.join(channels.values())});"
            " HERMES gives it one"
        )
    checkpoint, folds = folds_of(folder)
    arguments = {
        "model": str(folder.resolve()),
        "folds": folds,
        "checkpoint": checkpoint,
        "heads": heads(dataset, request, entry.title),
    }
    paths = [folder / f"fold_{fold}" / checkpoint for fold in folds]
    weights = f"weights {files_sha256(paths)[:12]}"
    return draw_by_program(entry, request, arguments, weights)


def model_folder(path: Path) -> Path:
    """The folder with the model: the one given, or the only one in a data set's folder of results.

    Raises:
        HermesError: none, or several.
    """
    if not path.is_dir():
        raise HermesError("the nnU-Net model is a folder, not a file")
    candidates = [path, *sorted(child for child in path.iterdir() if child.is_dir())]
    found = [c for c in candidates if all((c / name).is_file() for name in _FILES)]
    if found and (found[0] == path or len(found) == 1):
        return found[0]
    if found:
        raise HermesError(
            f"the folder holds {len(found)} nnU-Net models: {', '.join(c.name for c in found)};"
            " choose one"
        )
    raise HermesError(f"the folder is not an nnU-Net v2 model: it lacks {' or '.join(_FILES)}")


def heads(dataset: Mapping[str, Any], request: GuideRequest, title: str) -> list[int]:
    """The network's outputs that make up the organ.

    Without regions, output i is label i. With regions, the outputs are the regions in the order of
    ``dataset.json``, without the background; the user's labels count them from 1.

    Raises:
        HermesError: see :func:`HermesLib.guides.organ_labels.choose_labels`.
    """
    labels = dataset.get("labels")
    if not isinstance(labels, dict) or not labels:
        raise HermesError("dataset.json of the nnU-Net model names no labels")
    organ = request.organ.organ_label
    if not any(isinstance(value, list) for value in labels.values()):
        names = {int(value): name for name, value in labels.items()}
        return choose_labels(names, organ, request.labels, title)
    regions = [name for name, value in labels.items() if value != 0 and name != "ignore"]
    numbers = choose_labels(dict(enumerate(regions, 1)), organ, request.labels, title)
    return [number - 1 for number in numbers]


def folds_of(folder: Path) -> tuple[str, list[str]]:
    """The name of the checkpoints and the folds that have it, of a cross-validation or ``all``.

    Raises:
        HermesError: there is no fold.
    """
    for name in _CHECKPOINTS:
        found = sorted(path.parent.name[5:] for path in folder.glob(f"fold_*/{name}"))
        folds = [fold for fold in found if fold.isdecimal()] or found
        if folds:
            return name, folds
    raise HermesError(f"the nnU-Net model has no fold with a {_CHECKPOINTS[0]}")


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HermesError(f"{path.name} of the nnU-Net model cannot be read") from error
    if not isinstance(content, dict):
        raise HermesError(f"{path.name} of the nnU-Net model is not a table")
    return content
