"""The table of a cohort: worst first, the same order in the panel, in files and on the page."""

import csv
import io
import json
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile
from typing import Any

from HermesLib.cohorts.row import Row, State

FORMAT = 1
CSV_COLUMNS = (
    "name",
    "state",
    "reason",
    "slices",
    "accepted",
    "agree",
    "to_look_at",
    "absent",
    "why",
    "whole_pdsc",
    "score",
    "volume_ml",
    "seconds",
)
#: Of the states in the order of the table.
_PLACES = {
    State.FAILED: 0,
    State.FINISHED: 1,
    State.RUNNING: 2,
    State.WAITING: 3,
    State.CANCELLED: 4,
}
#: So many rows with the same notice do not each say it.
_SEVERAL = 2
#: For sorting: a volume in which nothing was found comes before all others with a result.
_NOTHING_FOUND = -1.0


def worst_first(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of the table.

    Failed volumes come first. Finished ones follow: those with slices to look at before the others,
    and the lowest score of the whole first. Then those that run, wait, or were
    cancelled. Equal ones keep their order.
    """
    return sorted(rows, key=_place)


def steady_order(order: Sequence[str], rows: Collection[Row]) -> list[str]:
    """Names in the order of the table, while a reader works with it.

    What was there keeps its place; volumes that have ended since come after those that had ended
    before, the worst of them first.

    Args:
        order: names in the order so far.
        rows: of all volumes; volumes that were not in the order come at its end.
    """
    by_name = {row.name: row for row in rows}
    known = [by_name[name] for name in order if name in by_name]
    # Volumes that had ended before come first in the order.
    steady = [row.name for row in takewhile(lambda row: row.ended, known)]
    return [*steady, *(row.name for row in worst_first(r for r in rows if r.name not in steady))]


def table_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as values by column, worst first."""
    return [
        {
            "name": row.name,
            "state": row.state.value,
            "reason": row.reason,
            "slices": row.slices,
            "accepted": row.accepted,
            "agree": row.agree,
            "to_look_at": row.look,
            "absent": row.absent,
            "why": dict(row.why),
            "whole_pdsc": row.quality,
            "score": row.score if row.state is State.FINISHED else None,
            "volume_ml": row.volume_ml,
            "seconds": row.seconds,
        }
        for row in worst_first(rows)
    ]


def shared_notices(rows: Iterable[Row]) -> dict[str, str]:
    """The notices that several finished rows share, which a table says once.

    >>> liver, spleen = (Row(name, State.FINISHED) for name in ("liver", "spleen"))
    >>> shared_notices([liver.noting("taken as CT", "resampled"), spleen.noting("taken as CT")])
    {'taken as CT': 'taken as CT'}

    Returns:
        By notice, what the table says: the notice, with the names of the rows unless it is true of
        all that have finished.
    """
    finished = [row for row in rows if row.state is State.FINISHED]
    lines = {}
    for notice in dict.fromkeys(notice for row in finished for notice in row.notices):
        have = [row.name for row in finished if notice in row.notices]
        lack = [row.name for row in finished if notice not in row.notices]
        if len(have) < _SEVERAL:
            continue
        whose = f"all but {', '.join(lack)}" if len(lack) < len(have) else ", ".join(have)
        lines[notice] = f"{whose}: {notice}" if lack else notice
    return lines


def csv_text(rows: Iterable[Row]) -> str:
    """The content of ``cohort.csv``; numbers of volumes without a result are empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for values in table_rows(rows):
        if values["state"] != State.FINISHED:
            values |= dict.fromkeys(("slices", "accepted", "to_look_at", "absent"))
        words = " ".join(f"{count} {reason}" for reason, count in values["why"].items())
        writer.writerow(
            {**values, "why": words} | {name: "" for name, value in values.items() if value is None}
        )
    return stream.getvalue()


def json_text(rows: Iterable[Row], settings: dict[str, Any]) -> str:
    """The content of ``cohort.json``.

    Args:
        rows: of all volumes.
        settings: what all runs had in common.
    """
    content = {"format": FORMAT, "settings": settings, "volumes": table_rows(rows)}
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _place(row: Row) -> tuple[int, bool, float]:
    quality = _NOTHING_FOUND if row.quality is None else row.quality
    finished = row.state is State.FINISHED
    return _PLACES[row.state], finished and not row.look, quality if finished else 0.0
