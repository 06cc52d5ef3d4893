"""A plot view off screen: draws a chart node with VTK's charts, as Slicer's plot view does.

The rules are those of ``Libs/MRML/Widgets/qMRMLPlotView.cxx``: in both styles of Slicer a plot has
the same light background, and the legend lies at the top right.
"""

from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy

#: Of every plot view, in both styles.
BACKGROUND = (255, 253, 246)


def plot_pixels(chart: Any, width: int = 420, height: int = 260) -> np.ndarray:
    """The picture of a chart node, (height, width, 3) uint8, first row on top."""
    view = vtk.vtkContextView()
    view.GetRenderWindow().SetOffScreenRendering(1)
    view.GetRenderWindow().SetSize(width, height)
    view.GetRenderer().SetBackground(*(part / 255 for part in BACKGROUND))
    picture = vtk.vtkChartXY()
    view.GetScene().AddItem(picture)
    family = picture.GetTitleProperties().GetFontFamilyFromString(chart.GetFontType() or "Arial")
    picture.SetTitle((chart.GetTitle() or "") if chart.GetTitleVisibility() else "")
    _set_font(picture.GetTitleProperties(), family, chart.GetTitleFontSize())
    picture.SetShowLegend(chart.GetLegendVisibility())
    _set_font(picture.GetLegend().GetLabelProperties(), family, chart.GetLegendFontSize())
    for number in range(chart.GetNumberOfPlotSeriesNodes()):
        _add_line(picture, chart.GetNthPlotSeriesNode(number))
    for place, name in ((vtk.vtkAxis.BOTTOM, "XAxis"), (vtk.vtkAxis.LEFT, "YAxis")):
        axis = picture.GetAxis(place)

        def of_axis(what: str, name: str = name) -> Any:
            return getattr(chart, f"Get{name}{what}")()

        axis.SetTitle((of_axis("Title") or "") if of_axis("TitleVisibility") else "")
        if not of_axis("RangeAuto"):
            axis.SetBehavior(vtk.vtkAxis.FIXED)
            axis.SetRange(*of_axis("Range"))
        axis.SetGridVisible(chart.GetGridVisibility())
        axis.GetTitleProperties().SetBold(False)
        _set_font(axis.GetTitleProperties(), family, chart.GetAxisTitleFontSize())
        _set_font(axis.GetLabelProperties(), family, chart.GetAxisLabelFontSize())
    view.GetRenderWindow().SetMultiSamples(0)
    view.GetRenderWindow().Render()
    grabbed = vtk.vtkWindowToImageFilter()
    grabbed.SetInput(view.GetRenderWindow())
    grabbed.ReadFrontBufferOff()
    grabbed.Update()
    values = vtk_to_numpy(grabbed.GetOutput().GetPointData().GetScalars())
    return np.ascontiguousarray(values.reshape(height, width, -1)[::-1, :, :3])


def _set_font(properties: Any, family: int, size: int) -> None:
    properties.SetFontFamily(family)
    properties.SetFontSize(size)


def _add_line(picture: Any, series: Any) -> None:
    kinds = slicer.vtkMRMLPlotSeriesNode
    line = picture.AddPlot(vtk.vtkChart.LINE)
    line.SetInputData(
        series.GetTableNode().GetTable(), series.GetXColumnName(), series.GetYColumnName()
    )
    line.SetLabel(series.GetName())
    line.SetColorF(*series.GetColor())
    line.SetWidth(series.GetLineWidth())
    styles = {kinds.LineStyleDash: vtk.vtkPen.DASH_LINE, kinds.LineStyleDot: vtk.vtkPen.DOT_LINE}
    line.GetPen().SetLineType(styles.get(series.GetLineStyle(), vtk.vtkPen.SOLID_LINE))
    if series.GetMarkerStyle() != kinds.MarkerStyleNone:
        line.SetMarkerStyle(vtk.vtkPlotPoints.CIRCLE)
        line.SetMarkerSize(series.GetMarkerSize())
