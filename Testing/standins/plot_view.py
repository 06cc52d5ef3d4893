"""A plot view off screen: draws a chart node with VTK's charts, as Slicer's plot view does."""

from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy


def plot_pixels(chart: Any, width: int = 420, height: int = 260) -> np.ndarray:
    """The picture of a chart node, (height, width, 3) uint8, first row on top."""
    view = vtk.vtkContextView()
    view.GetRenderWindow().SetOffScreenRendering(1)
    view.GetRenderWindow().SetSize(width, height)
    view.GetRenderer().SetBackground(1, 1, 1)
    picture = vtk.vtkChartXY()
    view.GetScene().AddItem(picture)
    picture.SetTitle(chart.GetTitle() or "")
    picture.SetShowLegend(True)
    picture.GetLegend().SetHorizontalAlignment(vtk.vtkChartLegend.RIGHT)
    picture.GetLegend().SetVerticalAlignment(vtk.vtkChartLegend.BOTTOM)
    for number in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(number)
        line = picture.AddPlot(vtk.vtkChart.LINE)
        line.SetInputData(
            series.GetTableNode().GetTable(), series.GetXColumnName(), series.GetYColumnName()
        )
        line.SetLabel(series.GetName())
        line.SetColorF(*series.GetColor())
        line.SetWidth(2)
        styles = {
            slicer.vtkMRMLPlotSeriesNode.LineStyleDash: vtk.vtkPen.DASH_LINE,
            slicer.vtkMRMLPlotSeriesNode.LineStyleDot: vtk.vtkPen.DOT_LINE,
        }
        line.GetPen().SetLineType(styles.get(series.GetLineStyle(), vtk.vtkPen.SOLID_LINE))
        if series.GetMarkerStyle() != slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone:
            line.SetMarkerStyle(vtk.vtkPlotPoints.CIRCLE)
    for axis, title in (
        (vtk.vtkAxis.BOTTOM, chart.GetXAxisTitle()),
        (vtk.vtkAxis.LEFT, chart.GetYAxisTitle()),
    ):
        picture.GetAxis(axis).SetTitle(title)
    if not chart.GetYAxisRangeAuto():
        picture.GetAxis(vtk.vtkAxis.LEFT).SetBehavior(vtk.vtkAxis.FIXED)
        picture.GetAxis(vtk.vtkAxis.LEFT).SetRange(*chart.GetYAxisRange())
    view.GetRenderWindow().SetMultiSamples(0)
    view.GetRenderWindow().Render()
    grabbed = vtk.vtkWindowToImageFilter()
    grabbed.SetInput(view.GetRenderWindow())
    grabbed.ReadFrontBufferOff()
    grabbed.Update()
    values = vtk_to_numpy(grabbed.GetOutput().GetPointData().GetScalars())
    return np.ascontiguousarray(values.reshape(height, width, -1)[::-1, :, :3])
