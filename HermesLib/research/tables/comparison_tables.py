"""Tables that compare HERMES with every rival: loop, score, failure detection."""

from collections.abc import Sequence

from HermesLib.research.tables.cells import interval, model_title, number, source_title
from HermesLib.research.tables.design import HERMES
from HermesLib.research.tables.html import Table
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.summary import (
    clearly_better,
    detection_of,
    error_above,
    gain_over,
    order_of,
)

#: A bootstrap of fewer patients gives no meaningful interval.
_FEWEST_PATIENTS = 3
_PAIRED = (
    "Differences are taken slice by slice, mask by mask, so that patients who are hard for both "
    "do not widen the interval."
)


def detection(organ: Measured) -> Table:
    """How well every judge finds masks below a threshold, and the error of its pDSC."""
    rows = []
    for source, masks in organ.detections.items():
        figures, order = detection_of(masks), order_of(masks)
        for threshold in organ.thresholds:
            cell = figures[f"{threshold:g}"]
            names = ("sensitivity", "specificity", "balanced_accuracy", "auroc")
            first = threshold == organ.thresholds[0]
            error = interval(figures["error"]["mae"] if first else None)
            numbers = [number(cell[name]) for name in names]
            ordered = [
                number(order["worst_error"] if first else None),
                interval(order["aurc"] if first else None),
                number(order["worst_aurc"] if first else None),
            ]
            rows.append([source_title(source), f"{threshold:g}", *numbers, error, *ordered])
    columns = [
        "judge",
        "threshold",
        "sensitivity",
        "specificity",
        "balanced accuracy",
        "AUROC",
        "error of pDSC",
        "worst patient",
        "AURC",
        "worst patient",
    ]
    count = len(next(iter(organ.detections.values())))
    note = (
        f"{count} masks that no pGT prompted: the models' first ones, graded and gross "
        "corruptions, the truth. An anomaly is a mask with a true Dice below the threshold. A "
        "judge that rejects everything has a sensitivity of 1, hence the other columns. AURC is "
        "the mean of 1 - true Dice of what is accepted, over all shares accepted; lower is better."
    )
    return Table("Table 3. Anomaly detection", columns, rows, note)


def loop_comparison(organ: Measured) -> Table:
    """Final true Dice of HERMES beside that of every rival, at the highest threshold."""
    highest = organ.thresholds[-1]
    rows = []
    for source in organ.sources:
        if source == HERMES:
            continue
        for model in organ.models:
            ours = organ.row(model, HERMES, highest)
            theirs = organ.row(model, source, highest)
            apart = theirs.final is None or (
                ours.final is not None and clearly_better(ours.final, theirs.final)
            )
            difference = gain_over(organ.outcomes[ours.cell], organ.outcomes[theirs.cell])
            rows.append(
                [
                    source_title(source),
                    model_title(model),
                    interval(ours.final),
                    interval(theirs.final),
                    interval(difference),
                    verdict(apart, difference, ours.patients),
                ]
            )
    columns = ["rival", "model", "HERMES", "rival's", "difference", "verdict"]
    return Table(f"HERMES against each rival at {highest:g}", columns, rows, _PAIRED)


def error_comparison(organ: Measured) -> Table:
    """Error of the pDSC of HERMES beside that of every rival."""
    ours = organ.detections[HERMES]
    our_error = detection_of(ours)["error"]["mae"]
    rows = []
    for source, theirs in organ.detections.items():
        if source == HERMES:
            continue
        error = detection_of(theirs)["error"]["mae"]
        difference = error_above(ours, theirs)
        # The smaller error is the better one.
        apart = clearly_better(error, our_error)
        rows.append(
            [
                source_title(source),
                interval(our_error),
                interval(error),
                interval(difference),
                verdict(apart, difference, organ.rows[0].patients),
            ]
        )
    columns = ["rival", "HERMES", "rival's", "difference", "verdict"]
    return Table("HERMES against each rival, error of the pDSC", columns, rows, _PAIRED)


def verdict(apart: bool, difference: Sequence[float | None], patients: int) -> str:
    """The comparison in words.

    Args:
        apart: whether the intervals of HERMES and of the rival are apart, HERMES being better.
        difference: mean, low and high end of the paired difference; positive: HERMES is better.
        patients: how many there are.
    """
    _, low, high = difference
    if patients < _FEWEST_PATIENTS:
        return "too few patients to tell"
    if apart:
        return "ahead, intervals apart"
    if low is not None and low > 0:
        return "ahead on the same slices, intervals overlap"
    if high is not None and high < 0:
        return "behind on the same slices"
    return "not clearly ahead"
