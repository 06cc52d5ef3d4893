"""The score over the tries of a slice as a Slicer plot, with threshold and range."""

from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from vtk.util.numpy_support import numpy_to_vtk

from HermesLib.report.numbering import number_of
from HermesLib.report.words import score_words
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import SliceRecord

#: Both have a contrast above 3 on Slicer's plots, which are light in both of its styles.
_BLUE, _ORANGE = (0.27, 0.47, 0.67), (0.78, 0.42, 0.05)
#: Column, title, colour, line style. Scenes of earlier versions have the same columns.
#: The score's title follows from what it is.
_LINES = (
    ("pDSC", "", _BLUE, slicer.vtkMRMLPlotSeriesNode.LineStyleSolid),
    ("low", _("lower end of its range"), _BLUE, slicer.vtkMRMLPlotSeriesNode.LineStyleDot),
    ("high", _("upper end of its range"), _BLUE, slicer.vtkMRMLPlotSeriesNode.LineStyleDot),
    ("threshold", _("threshold"), _ORANGE, slicer.vtkMRMLPlotSeriesNode.LineStyleDash),
)
#: The fewest steps from try to try on the axis.
_FEWEST_STEPS = 10
#: Pixels: the plot is narrow in most layouts.
_TITLE_SIZE, _AXIS_SIZE = 16, 14


def fill_chart(run: RunNodes, entry: SliceRecord) -> Any:
    """Fill the run's plot with one slice; returns the chart node, created where there is none."""
    chart = run.get("chart") or _create(run)
    count = len(entry.iterations)
    columns = {
        "iteration": 1 + np.arange(count, dtype=float),
        "pDSC": np.array([step.pdsc for step in entry.iterations], float),
        "low": np.array([step.low for step in entry.iterations], float),
        "high": np.array([step.high for step in entry.iterations], float),
        "threshold": np.full(count, run.record.threshold),
    }
    table = vtk.vtkTable()
    for name, values in columns.items():
        column = numpy_to_vtk(values, deep=1)
        column.SetName(name)
        table.AddColumn(column)
    run.get("chart-table").SetAndObserveTable(table)
    words = score_words(run.record.score)
    title = (
        _("{name} (pDSC)").format(name=library_word(words.name))
        if not words.caution
        else library_word(words.name)
    )
    chart.SetYAxisTitle(title)
    chart.SetXAxisTitle(
        _("try (dots: range; dashes: threshold)")
        if words.caution
        else _("try (dots: 90 % range; dashes: good enough from here)")
    )
    chart.SetTitle(_("Slice {number}").format(number=number_of(entry.index)))
    # Half a step beside the first try and the last, so that their marks are seen whole.
    chart.SetXAxisRange(0.5, 1.5 + max(_FEWEST_STEPS, run.count - 1))
    return chart


def _create(run: RunNodes) -> Any:
    scene, title = slicer.mrmlScene, run.get("browser").GetName().removesuffix(" iterations")
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", f"{title} quality")
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", f"{title} quality plot")
    run.node.SetNodeReferenceID("chart-table", table.GetID())
    run.node.SetNodeReferenceID("chart", chart.GetID())
    score = library_word(score_words(run.record.score).name)
    for name, series_title, colour, style in _LINES:
        series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", series_title or score)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
        series.SetXColumnName("iteration")
        series.SetYColumnName(name)
        series.SetColor(*colour)
        series.SetLineStyle(style)
        marker = (
            slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle
            if name == "pDSC"
            else slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone
        )
        series.SetMarkerStyle(marker)
        chart.AddAndObservePlotSeriesNodeID(series.GetID())
    for node in (table, chart):
        run.adopt(node)
    # Slicer puts a legend over the lines, at the top right; the titles of the axes say it all.
    chart.SetLegendVisibility(False)
    chart.SetTitleFontSize(_TITLE_SIZE)
    chart.SetAxisTitleFontSize(_AXIS_SIZE)
    # The same for all slices of a run; a shorter axis would have ticks between two tries.
    chart.SetXAxisRangeAuto(False)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, 1.0)
    return chart
