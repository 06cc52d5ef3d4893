"""What a queue works on: the images of the scene or of a folder, and where results go."""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesLib.runs.request import RunRequest
from HermesSegmentLib import bent_volume, slice_views
from HermesSegmentLib.foreign_masks import ForeignMask, guide_voxels
from HermesSegmentLib.label_fields import are_labels, labels_of
from HermesSegmentLib.model_section import model_obstacle
from HermesSegmentLib.node_io import write_mask, write_volume
from HermesSegmentLib.request import assess_request, refine_request
from HermesSegmentLib.scene_guides import guide_of
from HermesSegmentLib.steering import FILE, SCENE, guide_names, path_of, preset_of, queue_obstacle

if TYPE_CHECKING:
    from HermesLib.cohorts.cohort import Cohort
    from HermesLib.cohorts.task import Task

#: The second source.
_FOLDER = 1
_SOURCES = (_("Volumes of the scene"), _("Folder"))
#: What no system allows in the name of a folder.
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True, eq=False)
class Queue:
    """A cohort, and where the images of its tasks are in the scene.

    Attributes:
        cohort: the tasks.
        nodes: IDs of volume nodes by task; tasks of a folder have none.
    """

    cohort: "Cohort"
    nodes: dict[str, str]


class QueueInputs:
    """The fields of the section *Several volumes*.

    Args:
        ui: the widgets by name.
        on_change: called when a field has changed.
    """

    def __init__(self, ui: Any, on_change: Callable[[], None]) -> None:
        self.ui, self.on_change = ui, on_change
        #: For the images of the scene while the engine reads them, and results that nobody keeps.
        self._temporary: Path | None = None
        for title in _SOURCES:
            ui.queueSourceCombo.addItem(title)
        ui.queueSourceCombo.connect("currentIndexChanged(int)", lambda *_: on_change())
        for edit in (
            ui.queueFolderEdit,
            ui.queueMasksEdit,
            ui.queueGuidesEdit,
            ui.queueOutputEdit,
        ):
            edit.connect("editingFinished()", on_change)
        for button, edit, title in (
            (ui.queueFolderButton, ui.queueFolderEdit, _("Folder with images")),
            (ui.queueMasksButton, ui.queueMasksEdit, _("Folder with masks to judge")),
            (ui.queueGuidesButton, ui.queueGuidesEdit, _("Folder with guides")),
            (ui.queueOutputButton, ui.queueOutputEdit, _("Folder for the results")),
        ):
            button.connect("clicked()", self._chooser(edit, title))

    @property
    def from_folder(self) -> bool:
        """Whether the images are in a folder."""
        return bool(self.ui.queueSourceCombo.currentIndex == _FOLDER)

    @property
    def obstacle(self) -> str:
        """What is missing; empty if nothing is."""
        if self.from_folder:
            return "" if self.ui.queueFolderEdit.text.strip() else _("choose a folder with images")
        return "" if slice_views.image_volumes() else _("the scene has no volume")

    def start_obstacle(self, parameters: Any) -> str:
        """Why the queue cannot start; empty if it can."""
        guides = self.ui.queueGuidesEdit.text if self.from_folder else None
        model = "" if self.judges else model_obstacle(parameters)
        return self.obstacle or queue_obstacle(parameters, guides, judges=self.judges) or model

    @property
    def judges(self) -> bool:
        """Whether masks made elsewhere are judged, instead of segmenting."""
        return self.from_folder and bool(self.ui.queueMasksEdit.text.strip())

    def refresh(self, parameters: Any) -> None:
        """Show the fields that the source has.

        Args:
            parameters: of the panel; None while there are none.
        """
        ui, shown = self.ui, self.from_folder
        guided = shown and parameters is not None and parameters.guide == FILE
        for widget in (ui.labelQueueGuides, ui.queueGuidesRow):
            widget.setVisible(guided)
        for widget in (
            ui.labelQueueFolder,
            ui.queueFolderEdit,
            ui.queueFolderButton,
            ui.labelQueueMasks,
            ui.queueMasksEdit,
            ui.queueMasksButton,
        ):
            widget.setVisible(shown)
        for widget in (ui.labelQueueOrgan, ui.queueOrganEdit):
            widget.setVisible(shown and (self.judges or guided))

    def make(self, parameters: Any) -> Queue:
        """The queue that the fields and the panel's parameters describe, as they are now.

        Raises:
            HermesError: a field that cannot be used.
        """
        from HermesLib.cohorts.cohort import Cohort

        tasks, nodes, guides = self._tasks(parameters)
        request, judges = self._request(parameters), self.judges

        def make_request(task: "Task") -> RunRequest:
            if task.name in nodes:
                return replace(request, **self._written(nodes[task.name], guides.get(task.name)))
            masks = {"mask": task.mask} if judges else {}
            guide = {"guide": task.guide} if task.guide is not None else {}
            return replace(request, image=task.image, **masks, **guide)  # type: ignore[arg-type]

        settings = {
            "preset": preset_of(parameters.preset, parameters.modality).name,
            "threshold": request.settings.threshold,
            "seed": parameters.seed,
            "task": "masks made elsewhere, judged" if judges else "segmented",
        }
        return Queue(Cohort(tasks, self._output(), make_request, settings), nodes)

    def close(self) -> None:
        """Remove temporary files."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def _request(self, parameters: Any) -> RunRequest:
        labels = labels_of(self.ui.queueOrganEdit.text)
        if self.judges:
            return assess_request(parameters, labels)
        request = refine_request(parameters, parameters.prompt)
        if labels is None or not self._guided(parameters):
            return request
        return replace(request, guide_labels=labels)

    def _guided(self, parameters: Any) -> bool:
        """Whether each image of a folder has a file as its guide."""
        return self.from_folder and bool(parameters.guide == FILE)

    def _tasks(
        self, parameters: Any
    ) -> tuple[list["Task"], dict[str, str], dict[str, ForeignMask]]:
        """The tasks; IDs of volume nodes and guides in the scene, by task."""
        from HermesLib.cohorts.task import Task, find_tasks, unique_names

        if not self.from_folder:
            volumes = slice_views.image_volumes()
            named = unique_names([Task(_folder_name(node.GetName()), None) for node in volumes])
            nodes = dict(zip((task.name for task in named), volumes, strict=True))
            ids = {name: node.GetID() for name, node in nodes.items()}
            if parameters.guide != SCENE:
                return named, ids, {}
            guides: dict[str, ForeignMask] = {}
            tasks = []
            for task in named:
                volume, problem, note = nodes[task.name], "", ""
                try:
                    mask = guide_of(volume, volumes, guide_names(parameters))
                    guides[task.name], note = mask, _guide_note(mask, volume)
                except RuntimeError as error:
                    problem = str(error)
                tasks.append(replace(task, problem=problem, note=note))
            return tasks, ids, guides
        organ = self.ui.queueOrganEdit.text.strip()
        masks = Path(self.ui.queueMasksEdit.text.strip()).absolute() if self.judges else None
        name = None if not organ or are_labels(organ) else organ
        folder = None
        if self._guided(parameters):
            folder = path_of(self.ui.queueGuidesEdit.text)
        images = Path(self.ui.queueFolderEdit.text.strip()).absolute()
        return find_tasks([images], masks, name, folder), {}, {}

    def _output(self) -> Path:
        """The folder for the results: as the user says, beside the images, or a temporary one."""
        text = self.ui.queueOutputEdit.text.strip()
        if text:
            return Path(text).absolute()
        if not self.from_folder:
            return self._folder() / "results"
        folder = Path(self.ui.queueFolderEdit.text.strip()).absolute()
        beside = folder.with_name(f"{folder.name}-{'judged' if self.judges else 'hermes'}")
        self.ui.queueOutputEdit.text = str(beside)
        return beside

    def _written(self, node_id: str, mask: ForeignMask | None) -> dict[str, Any]:
        """A volume of the scene and its guide as files, which replace those of the one before."""
        node = slicer.mrmlScene.GetNodeByID(node_id)
        if node is None:
            raise RuntimeError(_("the volume is no longer in the scene"))
        if bent_volume.is_bent(node):
            raise RuntimeError(bent_volume.obstacle(node))
        path, guide = self._folder() / "image.nrrd", self._folder() / "guide.nrrd"
        write_volume(node, path)
        if mask is None:
            return {"image": path}
        if mask.node.GetScene() is None:
            raise RuntimeError(_("the segmentation that guides it is no longer in the scene"))
        write_mask(guide_voxels(mask, node), node, guide)
        return {"image": path, "guide": str(guide)}

    def _folder(self) -> Path:
        if self._temporary is None:
            parent = slicer.app.temporaryPath
            self._temporary = Path(tempfile.mkdtemp(prefix="hermes-queue-", dir=parent))
        return self._temporary

    def _chooser(self, edit: Any, title: str) -> Callable[[], None]:
        def choose() -> None:
            path = qt.QFileDialog.getExistingDirectory(None, title)
            if path:
                edit.text = path
                self.on_change()

        return choose


def _guide_note(mask: ForeignMask, volume: Any) -> str:
    """What must be known of a volume's own guide."""
    note: str = _("guided by {segment} of {node}").format(
        segment=mask.name, node=mask.node.GetName()
    )
    if mask.shares_grid(volume):
        return note
    words = _("the guide is on another grid than the image; it was resampled")
    return f"{note}; {words}"


def _folder_name(name: str) -> str:
    """A node's name as the name of a folder on every system."""
    return _FORBIDDEN.sub("_", name).strip(" .") or "volume"
