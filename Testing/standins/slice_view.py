"""A slice view off screen, with Slicer's own slice logic and displayable managers.

It draws a view of the layout as that view is; nothing here turns it.
"""

from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy

_MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
)


class SliceView:
    """The picture of one view of the layout."""

    def __init__(self, name: str = "Red", width: int = 420, height: int = 380) -> None:
        self.width, self.height = width, height
        application = slicer.app.applicationLogic()
        self.renderer = vtk.vtkRenderer()
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)
        self.window.SetSize(width, height)
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.interactor.Initialize()
        # The image comes before the displayable managers, which draw over it.
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        image = vtk.vtkActor2D()
        image.SetMapper(self._mapper)
        image.GetProperty().SetDisplayLocationToBackground()
        self.renderer.AddViewProp(image)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(application)
        for manager in _MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self.renderer)
        self._group.Initialize(factory, self.renderer)
        widget = slicer.app.layoutManager().sliceWidget(name)
        self.logic, self.node = widget.sliceLogic(), widget.mrmlSliceNode()
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(self.logic)
        self._style.SetDisplayableManagers(self._group)
        self._group.SetMRMLDisplayableNode(self.node)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._style.SetInteractor(self.interactor)
        self.logic.ResizeSliceNode(width, height)

    def show(self, volume: Any, ras: tuple[float, float, float] | None = None) -> None:
        """Show a volume, at a point of the world; the view keeps its orientation."""
        self.logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
        self.logic.ResizeSliceNode(self.width, self.height)
        self.logic.FitSliceToBackground()
        if ras is not None:
            self.node.JumpSliceByOffsetting(*ras)

    def pixels(self) -> np.ndarray:
        """The picture, (height, width, 3) uint8, first row on top."""
        self._mapper.SetInputConnection(self.logic.GetImageDataConnection())
        self.window.Render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self.window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        values = vtk_to_numpy(grabber.GetOutput().GetPointData().GetScalars())
        return np.ascontiguousarray(values.reshape(self.height, self.width, 3)[::-1])

    def place(self, ras: tuple[float, float, float]) -> tuple[int, int]:
        """Row and column of a point of the patient in :meth:`pixels`."""
        matrix = vtk.vtkMatrix4x4()
        matrix.DeepCopy(self.node.GetXYToRAS())
        matrix.Invert()
        x, y, _, _ = matrix.MultiplyPoint([*ras, 1.0])
        return self.height - 1 - round(y), round(x)
