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
from HermesSegmentLib.node_io import write_volume
from HermesSegmentLib.request import assess_request, refine_request
from HermesSegmentLib.steering import preset_of, queue_obstacle

if TYPE_CHECKING:
    from HermesLib.cohorts.cohort import Cohort
    from HermesLib.cohorts.task import Task

SCENE, FOLDER = 0, 1
_SOURCES = (_("Volumes of the scene"), _("Folder"))
_LABELS = re.compile(r"all|[1-9]\d*(\+[1-9]\d*)*")
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
        for edit in (ui.queueFolderEdit, ui.queueMasksEdit, ui.queueOutputEdit):
            edit.connect("editingFinished()", on_change)
        for button, edit, title in (
            (ui.queueFolderButton, ui.queueFolderEdit, _("Folder with images")),
            (ui.queueMasksButton, ui.queueMasksEdit, _("Folder with masks to judge")),
            (ui.queueOutputButton, ui.queueOutputEdit, _("Folder for the results")),
        ):
            button.connect("clicked()", self._chooser(edit, title))

    @property
    def from_folder(self) -> bool:
        """Whether the images are in a folder."""
        return bool(self.ui.queueSourceCombo.currentIndex == FOLDER)

    @property
    def obstacle(self) -> str:
        """What is missing; empty if nothing is."""
        if self.from_folder:
            return "" if self.ui.queueFolderEdit.text.strip() else _("choose a folder with images")
        return "" if slice_views.image_volumes() else _("the scene has no volume")

    def start_obstacle(self, parameters: Any) -> str:
        """Why the queue cannot start; empty if it can."""
        return self.obstacle or queue_obstacle(parameters, judges=self.judges)

    @property
    def judges(self) -> bool:
        """Whether masks made elsewhere are judged, instead of segmenting."""
        return self.from_folder and bool(self.ui.queueMasksEdit.text.strip())

    def refresh(self) -> None:
        """Show the fields that the source has."""
        ui, shown = self.ui, self.from_folder
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
            widget.setVisible(shown and self.judges)

    def make(self, parameters: Any) -> Queue:
        """The queue that the fields and the panel's parameters describe, as they are now.

        Raises:
            HermesError: a field that cannot be used.
        """
        from HermesLib.cohorts.cohort import Cohort

        tasks, nodes = self._tasks()
        request, judges = self._request(parameters), self.judges

        def make_request(task: "Task") -> RunRequest:
            if task.name in nodes:
                return replace(request, image=self._written(nodes[task.name]))
            masks = {"mask": task.mask} if judges else {}
            return replace(request, image=task.image, **masks)  # type: ignore[arg-type]

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
        if not self.judges:
            return refine_request(parameters, parameters.prompt)
        organ, labels = self.ui.queueOrganEdit.text.strip(), None
        if _LABELS.fullmatch(organ):
            labels = () if organ == "all" else tuple(int(part) for part in organ.split("+"))
        return assess_request(parameters, labels)

    def _tasks(self) -> tuple[list["Task"], dict[str, str]]:
        from HermesLib.cohorts.task import Task, find_tasks, unique_names

        if not self.from_folder:
            volumes = slice_views.image_volumes()
            named = unique_names([Task(_folder_name(node.GetName()), None) for node in volumes])
            nodes = zip(named, volumes, strict=True)
            return named, {task.name: node.GetID() for task, node in nodes}
        organ = self.ui.queueOrganEdit.text.strip()
        masks = Path(self.ui.queueMasksEdit.text.strip()).absolute() if self.judges else None
        name = None if not organ or _LABELS.fullmatch(organ) else organ
        return find_tasks([Path(self.ui.queueFolderEdit.text.strip()).absolute()], masks, name), {}

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

    def _written(self, node_id: str) -> Path:
        """A volume of the scene as a file, which takes the place of the one before."""
        node = slicer.mrmlScene.GetNodeByID(node_id)
        if node is None:
            raise RuntimeError(_("the volume is no longer in the scene"))
        if bent_volume.is_bent(node):
            raise RuntimeError(bent_volume.obstacle(node))
        path = self._folder() / "image.nrrd"
        write_volume(node, path)
        return path

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


def _folder_name(name: str) -> str:
    """A node's name as the name of a folder on every system."""
    return _FORBIDDEN.sub("_", name).strip(" .") or "volume"
