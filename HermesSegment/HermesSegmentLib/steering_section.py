"""Guide and judge among the inputs: which fields they need, and what must be known of them."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.guides.registry import GUIDES
from HermesLib.judges.registry import JUDGES
from HermesLib.report.words import score_words
from HermesSegmentLib.foreign_masks import ForeignMask, masks_of
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.label_fields import LabelField
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.steering import (
    OWN,
    SCENE,
    guide_mask,
    holds_labels,
    organ_of,
    path_of,
    preset_of,
)

_MODALITY_TITLES = {"auto": _("Auto"), "CT": "CT", "MR": "MR"}
#: What a path names.
_FOLDER, _FILE = True, False


class SteeringSection:
    """The fields of organ, guide and judge.

    Args:
        ui: the widgets by name.
    """

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self.parameters: Any = None
        self._masks: list[ForeignMask] = []
        self._greying = Greying()
        self._busy = False
        self.labels = LabelField(
            ui.guideLabelsEdit, ui.guideLabelsButton, self._file, _guide_labels
        )
        ui.guideSegmentCombo.connect("currentIndexChanged(int)", self._segment_chosen)
        for button, edit, title, folder in (
            (ui.guidePathButton, ui.guidePathEdit, _("Guide"), None),
            (ui.guidePythonButton, ui.guidePythonEdit, _("Python of the guide"), _FILE),
            (ui.referencesButton, ui.referencesEdit, _("Labelled cases"), _FOLDER),
            (ui.judgeWeightsButton, ui.judgeWeightsEdit, _("Weights of the judge"), _FILE),
            (ui.calibrationButton, ui.calibrationEdit, _("Calibration of the judge"), _FILE),
        ):
            button.connect("clicked()", self._chooser(edit, title, folder))

    def bind(self, parameters: Any) -> None:
        """Show other parameters."""
        self.parameters = parameters

    def titles(self) -> dict[Any, Callable[[str], str]]:
        """What people read of the values of the combo boxes."""
        ui = self.ui
        return {
            ui.modalityCombo: lambda name: _MODALITY_TITLES[name],
            ui.guideCombo: _guide_title,
            ui.judgeByCombo: _judge_title,
        }

    def refresh(self) -> None:
        """Show the fields that organ, guide and judge need, and what must be known of them."""
        ui, parameters = self.ui, self.parameters
        guide, judge = GUIDES.get(parameters.guide), JUDGES.get(parameters.judge)
        shown = (
            (ui.labelModality, ui.modalityCombo, organ_of(parameters.preset) is not None),
            (ui.labelGuideNode, ui.guideRow, parameters.guide == SCENE),
            (ui.labelGuidePath, ui.guidePathRow, guide is not None and guide.path != "none"),
            (ui.labelGuideLabels, ui.guideLabelsRow, holds_labels(parameters)),
            (ui.labelGuidePython, ui.guidePythonRow, guide is not None and bool(guide.program)),
            (ui.labelReferences, ui.referencesRow, judge is not None and judge.needs_references),
            (ui.labelJudgeWeights, ui.judgeWeightsRow, judge is not None and judge.needs_weights),
            (ui.labelCalibration, ui.calibrationRow, judge is not None),
        )
        for label, row, visible in shown:
            label.setVisible(visible)
            row.setVisible(visible)
        ui.guidePathEdit.placeholderText = "" if guide is None else library_word(guide.path_title)
        self.labels.refresh()
        self._list_segments()
        self._note(ui.guideNote, self._guide_words())
        self._note(ui.judgeNote, self._judge_words())
        own = preset_of(parameters.preset).quality
        item = ui.guideCombo.model().item(0)
        item.setEnabled(bool(own))

    def _file(self) -> Path | None:
        """The guide's file, which can be read for its labels."""
        path = path_of(self.parameters.guidePath) if holds_labels(self.parameters) else None
        return path if path is not None and path.is_file() else None

    def _note(self, label: Any, words: str) -> None:
        label.text = words
        label.setVisible(bool(words))

    def _list_segments(self) -> None:
        """Offer the segments of the chosen segmentation; of a new one, the first."""
        parameters, combo = self.parameters, self.ui.guideSegmentCombo
        node = parameters.guideNode
        self._masks = [] if node is None else masks_of(node)
        names = [mask.name for mask in self._masks]
        self._busy = True
        if names != [combo.itemText(row) for row in range(combo.count)]:
            combo.clear()
            for name in names:
                combo.addItem(name)
        chosen = guide_mask(parameters)
        combo.currentIndex = -1 if chosen is None else self._masks.index(chosen)
        self._busy = False
        obstacle = "" if self._masks else _("choose a segmentation first")
        self._greying.set(combo, _("there is only one") if len(self._masks) == 1 else obstacle)

    def _segment_chosen(self, row: int) -> None:
        if not self._busy and self.parameters is not None and 0 <= row < len(self._masks):
            self.parameters.guideSegment = self._masks[row].part

    def _guide_words(self) -> str:
        """Where a guide's weights come from, its terms, and what its score is not."""
        parameters = self.parameters
        if parameters.guide == OWN:
            return ""
        parts = []
        entry = GUIDES.get(parameters.guide)
        if entry is not None and entry.program:
            parts.append(_("Weights: {weights}.").format(weights=html.escape(entry.weights)))
            parts.append(_("Licence: {licence}.").format(licence=html.escape(entry.licence)))
            # No link: Qt's colour of links cannot be read in Slicer's dark style.
            parts += [html.escape(entry.page), html.escape(entry.notice)]
        if parameters.judge == OWN:
            parts.append(_sentence(library_word(score_words("agreement").caution)))
        if parameters.prompt != "box":
            parts.append(
                _(
                    "Scribbles and clicks drawn from a guide repeat its errors; a box leaves the"
                    " outline to the image."
                )
            )
        return " ".join(part for part in parts if part)

    def _judge_words(self) -> str:
        entry = JUDGES.get(self.parameters.judge)
        if entry is None:
            return ""
        caution = (
            ""
            if self.parameters.calibration.strip()
            else library_word(score_words("judged").caution)
        )
        parts = [
            _("After {source}.").format(source=html.escape(entry.source)) if entry.source else "",
            html.escape(entry.notice),
            _sentence(caution),
        ]
        return " ".join(part for part in parts if part)

    def _chooser(self, edit: Any, title: str, folder: bool | None) -> Callable[[], None]:
        """Choose a path; ``folder`` None: as the guide takes it."""

        def choose() -> None:
            wants_folder = folder
            if wants_folder is None:
                wants_folder = "folder" in GUIDES[self.parameters.guide].path_title
            if wants_folder:
                answer = qt.QFileDialog.getExistingDirectory(None, title)
            else:
                answer = qt.QFileDialog.getOpenFileName(None, title, "", "")
            # PythonQt returns the path, PySide6 path and filter.
            name = answer if isinstance(answer, str) else answer[0]
            if name:
                edit.text = name

        return choose


def _guide_labels(path: Path) -> tuple[int, ...]:
    """The labels of a guide's file."""
    from HermesLib.io.label_values import label_values

    return label_values(path)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _guide_title(name: str) -> str:
    if name == OWN:
        return _("The organ's own quality control")
    if name == SCENE:
        return _("A segment of the scene")
    return library_word(GUIDES[name].title)


def _judge_title(name: str) -> str:
    return _("As the guide or quality control") if name == OWN else library_word(JUDGES[name].title)
