"""The Inputs section: what can be chosen, in people's words."""

from typing import Any

from slicer.i18n import tr as _

from HermesSegmentLib import slicer_app
from HermesSegmentLib.slice_frame import frame_of

BUNDLED = "bundled"
_DEVICES = {"auto": _("Auto"), "cuda": _("Graphics card (CUDA)"), "cpu": _("Processor (CPU)")}
_SCOPES = {"all": _("All"), "current": _("The one in view"), "range": _("From ... to")}


class InputsSection:
    """Keeps model, prompts and weights together."""

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.parameters: Any = None
        self._weights: list[str] = []
        self._busy = False
        ui.weightsCombo.connect("currentIndexChanged(int)", self._chose_weights)

    def bind(self, parameters: Any) -> None:
        """Show other parameters; their connection to the widgets has filled the combo boxes with the parameters' own words."""
        from HermesLib.models.registry import MODELS
        from HermesLib.presets.registry import load_preset
        from HermesLib.prompts.registry import PROMPTS

        self.parameters = parameters
        ui = self.ui
        titles = {
            ui.presetCombo: lambda name: load_preset(name).title,
            ui.modelCombo: lambda name: MODELS[name].title,
            ui.promptCombo: lambda kind: PROMPTS[kind].title,
            ui.deviceCombo: _DEVICES.get,
            ui.scopeCombo: _SCOPES.get,
        }
        for combo, title in titles.items():
            for row in range(combo.count):
                combo.setItemText(row, title(combo.itemText(row)) or combo.itemText(row))
        self.list_weights()

    def list_weights(self) -> None:
        """Offer the bundled small weights and every imported file."""
        from HermesLib.weights.imported import imported_weights

        self._weights = [BUNDLED, *(path.name for path in imported_weights())]
        self._busy = True
        self.ui.weightsCombo.clear()
        for name in self._weights:
            self.ui.weightsCombo.addItem(
                _("Small, bundled (research)") if name == BUNDLED else name
            )
        self._busy = False

    def refresh(self) -> None:
        """Bring the widgets in line with the parameters, and the prompts' kind in line with the model."""
        from HermesLib.models.registry import MODELS
        from HermesLib.presets.registry import load_preset
        from HermesLib.prompts.registry import PROMPTS

        ui, parameters = self.ui, self.parameters
        organ = load_preset(parameters.preset).organ
        ui.terminologyLabel.text = f"{organ.meaning} ({organ.scheme} {organ.value})"
        model = MODELS[parameters.model]
        items = ui.promptCombo.model()
        for row, kind in enumerate(PROMPTS):
            items.item(row).setEnabled(kind in model.prompt_kinds)
        if parameters.prompt not in model.prompt_kinds:
            parameters.prompt = model.prompt_kinds[0]
        refused = [
            entry.title.lower() for kind, entry in PROMPTS.items() if kind not in model.prompt_kinds
        ]
        name = model.title.split(" (")[0]
        reason = (
            _("{model} takes no {kinds}.").format(model=name, kinds=_(" and no ").join(refused))
            if refused
            else ""
        )
        ui.promptNote.text = " ".join(part for part in (reason, model.notice) if part)
        for widget in (ui.firstSliceSpin, ui.toLabel, ui.lastSliceSpin):
            widget.setVisible(parameters.scope == "range")
        ui.paddingSpin.enabled = "padding" in PROMPTS[parameters.prompt].settings
        self._busy = True
        # Weights of another machine's scene that are not here: the engine will say so.
        ui.weightsCombo.currentIndex = (
            self._weights.index(parameters.weights) if parameters.weights in self._weights else -1
        )
        self._busy = False

    def chosen_slices(self) -> tuple[int, int] | None:
        """The slices to run on, half open; None for all."""
        parameters = self.parameters
        if parameters.scope == "range":
            return min(parameters.firstSlice, parameters.lastSlice) - 1, max(
                parameters.firstSlice, parameters.lastSlice
            )
        if parameters.scope == "current":
            frame, point = frame_of(parameters.volume), slicer_app.shown_point()
            index = frame.slice_of(frame.centre(frame.shape[0] // 2) if point is None else point)
            return index, index + 1
        return None

    def _chose_weights(self, row: int) -> None:
        if not self._busy and self.parameters is not None and 0 <= row < len(self._weights):
            self.parameters.weights = self._weights[row]
