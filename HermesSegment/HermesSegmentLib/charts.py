"""pDSC over the iterations of a slice as a Slicer plot, with the threshold and the interval."""

from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from vtk.util.numpy_support import numpy_to_vtk

from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import SliceRecord

#: Column, colour, line style.
_LINES = (
    ("pDSC", (0.27, 0.47, 0.67), slicer.vtkMRMLPlotSeriesNode.LineStyleSolid),
    ("low", (0.27, 0.47, 0.67), slicer.vtkMRMLPlotSeriesNode.LineStyleDot),
    ("high", (0.27, 0.47, 0.67), slicer.vtkMRMLPlotSeriesNode.LineStyleDot),
    ("threshold", (0.93, 0.6, 0.27), slicer.vtkMRMLPlotSeriesNode.LineStyleDash),
)


def show_chart(run: RunNodes, one: SliceRecord) -> Any:
    """Fill the run's plot with one slice; returns the chart node, made where there is none."""
    chart = run.get("chart") or _make(run)
    count = len(one.iterations)
    columns = {
        "iteration": np.arange(count, dtype=float),
        "pDSC": np.array([step.pdsc for step in one.iterations], float),
        "low": np.array([step.low for step in one.iterations], float),
        "high": np.array([step.high for step in one.iterations], float),
        "threshold": np.full(count, run.record.threshold),
    }
    table = vtk.vtkTable()
    for name, values in columns.items():
        column = numpy_to_vtk(values, deep=1)
        column.SetName(name)
        table.AddColumn(column)
    run.get("chart-table").SetAndObserveTable(table)
    chart.SetTitle(_("Slice {number}").format(number=one.index + 1))
    return chart


def _make(run: RunNodes) -> Any:
    scene, title = slicer.mrmlScene, run.get("browser").GetName().removesuffix(" iterations")
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", f"{title} pDSC")
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", f"{title} pDSC plot")
    run.node.SetNodeReferenceID("chart-table", table.GetID())
    run.node.SetNodeReferenceID("chart", chart.GetID())
    for name, colour, style in _LINES:
        series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
        series.SetXColumnName("iteration")
        series.SetYColumnName(name)
        series.SetColor(*colour)
        series.SetLineStyle(style)
        dots = (
            slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle
            if name == "pDSC"
            else slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone
        )
        series.SetMarkerStyle(dots)
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    for node in (table, chart):
        run.adopt(node)
    chart.SetXAxisTitle(_("iteration"))
    chart.SetYAxisTitle("pDSC")
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, 1.0)
    return chart
