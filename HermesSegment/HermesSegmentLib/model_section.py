"""What the chosen model needs besides weights and prompts, and which model an organ starts with."""

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.errors import HermesError
from HermesLib.models.nninteractive.address import DEFAULT, checked_address
from HermesLib.models.registry import MODELS
from HermesLib.prompts.registry import split_kind
from HermesSegmentLib.label_fields import LabelField, labels_obstacle, labels_of
from HermesSegmentLib.steering import path_of, preset_of

#: The small weights that come with HERMES.
BUNDLED = "bundled"
_EXAMPLES = "examples"


class ModelSection:
    """The fields of the model's server and of examples; the model that an organ starts with.

    Args:
        ui: the widgets by name.
    """

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.parameters: Any = None
        self.labels = LabelField(
            ui.exampleLabelsEdit, ui.exampleLabelsButton, self._folder, _example_labels
        )
        self._preset = ""
        #: Model, prompts and weights when this section has last seen them.
        self._seen: tuple[str, str, str] = ("", "", "")
        ui.serverEdit.placeholderText = DEFAULT
        ui.examplesButton.connect("clicked()", self._choose_examples)

    def bind(self, parameters: Any) -> None:
        """Take over other parameters; without a user's choice, values decide."""
        self.parameters = parameters
        self._preset, self._seen = parameters.preset, _choices(parameters)
        if self._seen != _own_choices(parameters):
            parameters.modelChosen = True

    def follow_organ(self, parameters: Any) -> None:
        """Take the model of another organ, as the command does, unless the user has chosen one."""
        if _choices(parameters) != self._seen:
            parameters.modelChosen = True
        if parameters.preset != self._preset and not parameters.modelChosen:
            parameters.model, parameters.prompt, parameters.weights = _own_choices(parameters)
        self._preset = parameters.preset

    def refresh(self, parameters: Any) -> None:
        """Show the fields that the model and its prompts need."""
        # The kind of prompts may have followed the model.
        self._seen = _choices(parameters)
        ui, remote = self.ui, MODELS[parameters.model].needs_server
        for widget, visible in (
            (ui.labelServer, remote),
            (ui.serverEdit, remote),
            (ui.labelWeights, not remote),
            (ui.weightsCombo, not remote),
            (ui.labelExamples, takes_examples(parameters.prompt)),
            (ui.examplesRow, takes_examples(parameters.prompt)),
            (ui.labelExampleLabels, _examples(parameters, parameters.prompt) is not None),
            (ui.exampleLabelsRow, _examples(parameters, parameters.prompt) is not None),
        ):
            widget.setVisible(visible)
        self.labels.refresh()

    def _folder(self) -> Path | None:
        """The folder with examples, where it is there."""
        folder = _examples(self.parameters, self.parameters.prompt)
        return folder if folder is not None and folder.is_dir() else None

    def _choose_examples(self) -> None:
        path = qt.QFileDialog.getExistingDirectory(None, _("Folder with examples"))
        if path:
            self.ui.examplesEdit.text = path


def has_weights(model: str, weights: str) -> bool:
    """Whether these weights can be a model's: only some models have bundled ones."""
    entry = MODELS[model]
    return entry.needs_server or weights != BUNDLED or entry.bundled is not None


def takes_examples(kind: str) -> bool:
    """Whether prompts of a kind hold examples."""
    return _EXAMPLES in split_kind(kind)


def model_fields(parameters: Any) -> dict[str, Any]:
    """The fields of every request that asks the model."""
    remote = MODELS[parameters.model].needs_server
    # A server has its own weights.
    return {
        "model": parameters.model,
        "weights": BUNDLED if remote else parameters.weights,
    }


def loop_fields(parameters: Any, kind: str) -> dict[str, Any]:
    """The further fields of a refinement.

    Args:
        parameters: of the panel.
        kind: of the prompts.
    """
    remote = MODELS[parameters.model].needs_server
    examples = _examples(parameters, kind)
    return {
        "server": parameters.server.strip() or None if remote else None,
        "examples": examples,
        "example_labels": None if examples is None else labels_of(parameters.exampleLabels),
    }


def _example_labels(folder: Path) -> tuple[int, ...]:
    """The labels of the first mask of examples."""
    from HermesLib.runs.examples import example_labels

    return example_labels(folder)


def _examples(parameters: Any, kind: str) -> Path | None:
    """The folder with examples, for prompts that hold examples."""
    return path_of(parameters.examples) if takes_examples(kind) else None


def model_obstacle(parameters: Any) -> str:
    """Why a run with this model cannot start; empty if it can."""
    if not has_weights(parameters.model, parameters.weights):
        return _("This model has no bundled weights: import its weight file under Setup")
    if MODELS[parameters.model].needs_server and parameters.server.strip():
        try:
            checked_address(parameters.server)
        except HermesError:
            return _("The server's address cannot be used; one is {example}").format(
                example=DEFAULT
            )
    examples = loop_fields(parameters, parameters.prompt)["examples"]
    if examples is not None and not examples.is_dir():
        return _("The folder with examples is not there")
    return "" if examples is None else labels_obstacle(parameters.exampleLabels)


def _choices(parameters: Any) -> tuple[str, str, str]:
    return parameters.model, parameters.prompt, parameters.weights


def _own_choices(parameters: Any) -> tuple[str, str, str]:
    """What the command takes for the organ: its model, as that prefers to be prompted."""
    model = preset_of(parameters.preset).model
    return model, MODELS[model].prompt_kinds[0], BUNDLED
