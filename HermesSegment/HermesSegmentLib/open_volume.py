"""The volume of a queue that is open in the scene, of which there is one at most."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.cohorts.result_folder import finished_report
from HermesLib.errors import HermesError
from HermesSegmentLib import slice_views, stored_runs, unsaved_review
from HermesSegmentLib.deciding import Progress, progress
from HermesSegmentLib.review import Review
from HermesSegmentLib.review_section import ReviewSection
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.scene_nodes import remove_node


class OpenVolume:
    """Its name, its run and, where it comes from a folder, its volume.

    Args:
        reviewing: the Review section.
        take_run: lets the scene's parameters name a run that is open.
    """

    def __init__(
        self, reviewing: ReviewSection, take_run: Callable[[RunNodes | None], None]
    ) -> None:
        self.reviewing, self.take_run = reviewing, take_run
        self.name: str | None = None
        self.run: RunNodes | None = None
        #: The volume, if it came into the scene with the run.
        self._loaded: Any = None
        #: Why the reader's last step is not on disk; empty if it is.
        self.trouble = ""

    @property
    def alive(self) -> bool:
        """Whether its nodes are still in the scene."""
        return self.run is not None and self.run.alive

    @property
    def in_review(self) -> bool:
        """Whether it is what the Review section shows."""
        review = self.reviewing.review
        return self.alive and review is not None and review.run is self.run

    @property
    def progress(self) -> Progress:
        """How far the reader is."""
        assert self.run is not None
        return progress(self.run.record)

    def open(self, name: str, folder: Path, image: Path | None, node_id: str | None) -> None:
        """Bring a volume and its run into the scene and the views, at its worst slice.

        Args:
            name: of the task.
            folder: of its results.
            image: its file or folder; None for a volume of the scene.
            node_id: of the volume in the scene; None for one that is loaded.

        Raises:
            HermesError: image or results are missing, damaged or changed; the scene is as before.
        """
        if image is not None:
            report = finished_report(folder)
            if report is None:
                raise HermesError(_("{name} has no complete results").format(name=name))
            volume = stored_runs.load_image(image, report["provenance"]["image"]["sha256"])
        else:
            volume = slicer.mrmlScene.GetNodeByID(node_id or "")
            if volume is None:
                raise HermesError(_("{name} is no longer in the scene").format(name=name))
        try:
            run = stored_runs.open_run(volume, folder)
        except Exception:
            if image is not None:
                remove_node(volume)
            raise
        self.name, self.run = name, run
        self._loaded = volume if image is not None else None
        self.reviewing.open(None)
        self.take_run(run)
        slice_views.show_volume(volume)
        self.reviewing.open(run)
        review = self.reviewing.opened
        review.on_step = lambda: self._keep(review, folder)
        self.reviewing.look_at(self.reviewing.order[0])

    def accept_reached(self) -> None:
        """Accept the slices that need no look."""
        self.reviewing.accept_reached()

    def save(self, folder: Path) -> None:
        """Keep the reader's decisions in the result folder.

        Raises:
            HermesError, OSError, RuntimeError: they cannot be written.
        """
        if self.in_review:
            review = self.reviewing.opened
            if review.editing:
                self.reviewing.returned()
            stored_runs.save_review(review, folder)
        elif self.alive:
            # Another run is under review; what was decided before is on disk, step by step.
            unsaved_review.settle(folder)

    def _keep(self, review: Review, folder: Path) -> None:
        """Keep a step of the reader at once: Slicer may end at any time."""
        if review.run is not self.run:
            return
        try:
            stored_runs.keep_step(review, folder)
            self.trouble = ""
        except (HermesError, OSError) as error:
            self.trouble = _("Decisions are not kept: {reason}").format(reason=error)

    def remove(self) -> None:
        """Take it out of the scene.

        Raises:
            HermesError: a slice of it is being run again.
        """
        run, volume = self.run, self._loaded
        if run is not None and run is self.reviewing.control.run and self.reviewing.control.running:
            raise HermesError(_("wait for the slice that is being run again, or cancel it"))
        self.forget()
        if run is not None and run.alive:
            self.reviewing.open(None)
            self.take_run(None)
            run.remove()
        if volume is not None and volume.GetScene() is not None:
            remove_node(volume)

    def forget(self) -> None:
        """Let the nodes stay in the scene, as a run like any other."""
        self.name, self.run, self._loaded, self.trouble = None, None, None, ""
