"""HermesSegment: segmentation with quality control.

The four classes that Slicer looks for; the implementation is in HermesSegmentLib.
"""

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class HermesSegment(ScriptedLoadableModule):
    """Name, category and credits."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        from HermesSegmentLib.translation import install_translation

        install_translation()
        # Other modules may not be loaded yet.
        slicer.app.connect("startupCompleted()", on_startup)
        parent.title = _("HERMES Segment")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["HERMES contributors"]
        parent.helpText = _(
            "<b>HERMES: quality control that steers promptable medical segmentation.</b><br>"
            "Segments an organ in MR or CT without anyone drawing prompts: a quality control "
            "predicts the outline that it would expect, prompts a segmentation network with it "
            "until both agree, and says which slices need a look and why.<br>"
            "Start: choose a volume and an organ and press Run, or press Try with sample. Then "
            "accept, correct or reject the slices, and export.<br>"
            "For research, not for clinical use. Not related to any vendor's product called Hermes."
        )
        parent.acknowledgementText = _(
            "After the paper <i>Quality Control Automates Prompt-based Segmentation</i>; please "
            "cite it and the networks that you use: MedSAM (Ma et al., 2024), ScribblePrompt "
            "(Wong et al., 2024), MIDeepSeg (Luo et al., 2021). The bundled networks are for "
            "research only; the card beside each names the data that it was trained on."
        )


def on_startup() -> None:
    """Called when Slicer has started: offers the sample in the module Sample Data."""
    from HermesSegmentLib.sample import register_sample

    register_sample()


class HermesSegmentWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Builds the panel and observes the scene."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: HermesSegmentLogic | None = None
        self.panel: Any = None

    def setup(self) -> None:
        """Called when the module is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        from HermesSegmentLib.slicer_app import is_selected, is_too_old

        if is_too_old():
            self.layout.addWidget(qt.QLabel(_("HERMES needs Slicer 5.10 or later.")))
            return
        # Makes HermesLib importable, which the panel imports.
        self.logic = HermesSegmentLogic()
        from HermesSegmentLib.panel import Panel

        widget = slicer.util.loadUI(self.resourcePath("UI/HermesSegment.ui"))
        self.layout.addWidget(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.panel = Panel(
            slicer.util.childWidgetVariables(widget),
            widget,
            self.logic.make_engine(),
            self.logic.make_engine(),
        )
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
        self.panel.bind(self.logic.parameters())
        # Slicer does not call enter after a reload.
        if is_selected(self.moduleName):
            self.panel.enter()

    def enter(self) -> None:
        """Called when the user opens the module."""
        if self.panel is not None:
            self.panel.enter()

    def exit(self) -> None:
        """Called when the user opens another module."""
        if self.panel is not None:
            self.panel.leave()

    def cleanup(self) -> None:
        """Called when Slicer closes, or reloads the module."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.close()

    def onSceneStartClose(self, caller: Any, event: Any) -> None:
        """The scene is about to be closed, or to import another."""
        self.panel.unbind()

    def onSceneEndClose(self, caller: Any, event: Any) -> None:
        """The scene was closed, or has imported another."""
        self.panel.bind(self.logic.parameters())

    def onNodeRemoved(self, caller: Any, event: Any) -> None:
        """A node was removed, possibly one of the run's."""
        if not self.panel.reviewing.busy:
            self.panel.refresh()


class HermesSegmentLogic(ScriptedLoadableModuleLogic):
    """What the module does without its panel."""

    def __init__(self) -> None:
        from HermesSegmentLib.library_path import make_importable

        ScriptedLoadableModuleLogic.__init__(self)
        make_importable()

    def parameters(self) -> Any:
        """The panel's inputs, stored in the scene.

        A preset that this computer does not have is replaced by the default.
        """
        from HermesSegmentLib.parameters import PRESETS, HermesParameters

        node = self.getParameterNode()
        if node.GetParameter("preset") not in PRESETS:
            node.UnsetParameter("preset")
        return HermesParameters(node)

    def make_engine(self) -> Any:
        """A new engine, which starts with the first run and ends after idle minutes."""
        from HermesLib.engine.client import Engine, worker_command
        from HermesSegmentLib.run_control import IDLE_SECONDS
        from HermesSegmentLib.slicer_app import python_command

        return Engine(worker_command(python_command(), IDLE_SECONDS))


class HermesSegmentTest(ScriptedLoadableModuleTest):
    """The smoke test behind Slicer's button Reload and Test."""

    def runTest(self) -> None:
        """Open the module, run the sample, accept, export."""
        slicer.util.selectModule("HermesSegment")
        panel = slicer.modules.hermessegment.widgetRepresentation().self().panel
        from HermesSegmentLib.self_test import run_on_sample

        self.delayDisplay("Running on the sample")
        run_on_sample(panel, self)
        self.delayDisplay("Test passed")
