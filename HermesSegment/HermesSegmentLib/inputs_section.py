"""The Inputs section: keeps the lists of models, prompts and weights consistent."""

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.models.registry import MODELS, offered_kinds
from HermesLib.prompts.registry import PROMPTS, kind_settings, kind_title
from HermesLib.weights.imported import imported_weights
from HermesSegmentLib import bent_volume, dicom_placement, slice_views
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.model_section import BUNDLED, ModelSection, has_weights, model_obstacle
from HermesSegmentLib.slice_frame import frame_of
from HermesSegmentLib.steering import choice_title, obstacle, preset_of
from HermesSegmentLib.steering_section import SteeringSection

_DEVICES = {"auto": _("Auto"), "cuda": _("Graphics card (CUDA)"), "cpu": _("Processor (CPU)")}
_SCOPES = {"all": _("All"), "current": _("The slice in view"), "range": _("From ... to")}


class InputsSection:
    """The Inputs section.

    Args:
        ui: the widgets by name.
    """

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.parameters: Any = None
        self.steering = SteeringSection(ui)
        self.modelling = ModelSection(ui)
        self._weights: list[str] = []
        self._model = ""
        self._greying = Greying()
        self._busy = False
        ui.weightsCombo.connect("currentIndexChanged(int)", self._weights_changed)
        ui.hardenButton.connect("clicked()", self.use_hardened_copy)

    def bind(self, parameters: Any) -> None:
        """Show other parameters, which have filled the combo boxes with their values."""
        self.parameters = parameters
        self.steering.bind(parameters)
        self.modelling.bind(parameters)
        self._model = parameters.model
        ui = self.ui
        titles: dict[Any, Callable[[str], str]] = {
            ui.presetCombo: choice_title,
            **self.steering.titles(),
            ui.modelCombo: lambda name: library_word(MODELS[name].title),
            ui.promptCombo: lambda kind: library_word(kind_title(kind)),
            ui.deviceCombo: lambda name: _DEVICES[name],
            ui.scopeCombo: lambda name: _SCOPES[name],
        }
        for combo, title in titles.items():
            for row in range(combo.count):
                combo.setItemText(row, title(combo.itemText(row)))
        self.list_weights()

    def list_weights(self) -> None:
        """Offer the bundled small weights and every imported file."""
        self._weights = [BUNDLED, *(path.name for path in imported_weights())]
        self._busy = True
        self.ui.weightsCombo.clear()
        for name in self._weights:
            title = _("Small, bundled (research)") if name == BUNDLED else name
            self.ui.weightsCombo.addItem(title)
        self._busy = False

    @property
    def obstacle(self) -> str:
        """Why the volume cannot be segmented; empty if it can."""
        return self._obstacle(judges=False)

    @property
    def judging_obstacle(self) -> str:
        """Why no mask can be judged on the volume; empty if one can."""
        return self._obstacle(judges=True)

    def _obstacle(self, *, judges: bool) -> str:
        volume = self.parameters.volume
        if volume is None:
            return _("Select a volume first")
        misplaced = bent_volume.obstacle(volume) or dicom_placement.obstacle(volume)
        model = "" if judges else model_obstacle(self.parameters)
        return misplaced or obstacle(self.parameters, judges=judges) or model

    def use_hardened_copy(self) -> None:
        """Segment a copy of the volume to which its transform is applied."""
        with slicer.util.tryWithErrorDisplay(_("The volume was not copied."), waitCursor=True):
            self.parameters.volume = bent_volume.hardened_copy(self.parameters.volume)

    def refresh(self) -> None:
        """Update the widgets from the parameters, and the prompt kind from the model."""
        ui, parameters = self.ui, self.parameters
        organ = preset_of(parameters.preset).organ
        ui.terminologyLabel.text = f"{organ.meaning} ({organ.scheme} {organ.value})"
        volume = parameters.volume
        ui.hardenButton.setVisible(volume is not None and bent_volume.is_bent(volume))
        self.modelling.follow_organ(parameters)
        self._refresh_prompts()
        self.modelling.refresh(parameters)
        self.steering.refresh()
        for widget in (ui.firstSliceSpin, ui.toLabel, ui.lastSliceSpin):
            widget.setVisible(parameters.scope == "range")
        no_box = "" if "padding" in kind_settings(parameters.prompt) else _("no box is drawn")
        self._greying.set(ui.paddingSpin, no_box)
        self._busy = True
        bundled = has_weights(parameters.model, BUNDLED)
        ui.weightsCombo.model().item(0).setEnabled(bundled)
        # Weights that a scene from another computer names and this one lacks: the engine reports.
        known = parameters.weights in self._weights and (bundled or parameters.weights != BUNDLED)
        ui.weightsCombo.currentIndex = self._weights.index(parameters.weights) if known else -1
        self._busy = False

    def slice_range(self) -> tuple[int, int] | None:
        """The slices to segment, half open; None for all."""
        parameters = self.parameters
        if parameters.scope == "range":
            first, last = sorted((parameters.firstSlice, parameters.lastSlice))
            return first - 1, last
        if parameters.scope == "current":
            frame = frame_of(parameters.volume)
            seen = slice_views.slice_in_view(parameters.volume, frame)
            index = frame.shape[0] // 2 if seen is None else seen
            return index, index + 1
        return None

    def _refresh_prompts(self) -> None:
        ui, parameters = self.ui, self.parameters
        model = MODELS[parameters.model]
        items = ui.promptCombo.model()
        for row, kind in enumerate(offered_kinds()):
            items.item(row).setEnabled(kind in model.kinds_alone)
        # A model that was just chosen is prompted as it prefers; a stored scene keeps its kind.
        chosen = parameters.model != self._model
        self._model = parameters.model
        if chosen or parameters.prompt not in model.kinds_alone:
            parameters.prompt = model.prompt_kinds[0]
        # Examples are not drawn: only of a model made for them is it worth saying.
        refused = [
            library_word(entry.title.lower())
            for kind, entry in PROMPTS.items()
            if kind not in model.kinds_alone and (kind != "examples" or model.always)
        ]
        reason = ""
        if refused:
            words = (
                _("{model} takes {kinds} only together with {always}, on the command line.")
                if model.always
                else _("{model} does not take {kinds}.")
            )
            reason = words.format(
                model=library_word(model.title).split(" (")[0],
                kinds=_(" or ").join(refused),
                always=model.always,
            )
        ui.promptNote.text = " ".join(part for part in (reason, model.notice) if part)

    def _weights_changed(self, row: int) -> None:
        if not self._busy and self.parameters is not None and 0 <= row < len(self._weights):
            self.parameters.weights = self._weights[row]
