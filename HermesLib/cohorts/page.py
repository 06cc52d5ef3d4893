"""``cohort.html``: the table as one page without scripts, which any browser opens from the disk."""

import html
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote

from HermesLib.cohorts.row import UNCALIBRATED, Row, State
from HermesLib.cohorts.table import shared_notices, worst_first
from HermesLib.intended_use import INTENDED_USE
from HermesLib.report.numbering import number_ranges
from HermesLib.report.words import words_of

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35em .7em; text-align: left; border-bottom: 1px solid #8886; }
th { border-bottom-width: 2px; vertical-align: bottom; }
td.number, th.number { text-align: right; }
td.look { font-weight: 600; }
tr.failed td { background: #88223322; }
.reason { opacity: .8; }
"""
#: Heading, whether it is a number; empty headings follow from the tasks and the score.
_COLUMNS = (
    ("", False),
    ("State", False),
    ("To look at", True),
    ("", True),
    ("Absent", True),
    ("", True),
    ("Volume, ml", True),
    ("Why", False),
)


def page_html(rows: Iterable[Row], settings: dict[str, Any], called: str = "volume") -> str:
    """The page of a cohort.

    Args:
        rows: of all tasks.
        settings: what all runs have in common, by name.
        called: what a task is, in the singular.
    """
    rows = worst_first(rows)
    words = words_of([row.score for row in rows if row.state is State.FINISHED])
    others = iter(text.capitalize() for text in (called, words.several, words.name))
    heading = "".join(_heading(name or next(others), number) for name, number in _COLUMNS)
    caution = ""
    if words.caution:
        caution = (
            f"<p><b>{words.caution.capitalize()}.</b> Such a score accepts no slice: those at the"
            f" threshold are listed as {UNCALIBRATED}, the slices named need a look first.</p>\n"
        )
    facts = ", ".join(f"{_text(name)} {_text(value)}" for name, value in settings.items())
    shared = shared_notices(rows)
    notes = "".join(f"<p>{_text(line)}</p>\n" for line in shared.values())
    body = "\n".join(_row(row, shared) for row in rows)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>HERMES cohort</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_counts(rows, called)}</h1>\n<p>{facts}</p>\n"
        f"<p>Worst first. The {words.name} is that of the whole {called} (pDSC, weighted by"
        f" size). {INTENDED_USE}</p>\n{caution}{notes}"
        f"<table>\n<thead><tr>{heading}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        "</body>\n</html>\n"
    )


def _heading(name: str, number: bool) -> str:
    return f'<th class="number">{name}</th>' if number else f"<th>{name}</th>"


def _counts(rows: list[Row], called: str) -> str:
    finished = sum(row.state is State.FINISHED for row in rows)
    look = sum(row.state is State.FINISHED and row.look > 0 for row in rows)
    failed = sum(row.state is State.FAILED for row in rows)
    failures = f", {failed} failed" if failed else ""
    return f"{finished} of {len(rows)} {called}s finished, {look} to look at{failures}"


def _row(row: Row, said: Collection[str]) -> str:
    folder = quote(row.name)
    numbers = [""] * 5
    name = _text(row.name)
    why = _text(row.reason)
    if row.state is State.FINISHED:
        name = f'<a href="{folder}/overview.png">{name}</a>'
        numbers = [
            str(row.look),
            str(row.reached),
            str(row.absent),
            "nothing found" if row.quality is None else f"{row.quality:.2f}",
            "" if row.volume_ml is None else f"{row.volume_ml:.1f}",
        ]
        words = [f"{count} {reason}" for reason, count in row.why.items()]
        slices = f"slices {number_ranges(row.look_first)}" if row.look_first else ""
        parts = (", ".join(words), slices, row.reason_besides(said))
        why = _text("; ".join(part for part in parts if part))
    cells = "".join(
        f'<td class="number{" look" if place == 0 and row.look else ""}">{number}</td>'
        for place, number in enumerate(numbers)
    )
    return (
        f'<tr class="{row.state}"><td>{name}</td><td>{row.state}</td>{cells}'
        f'<td class="reason">{why}</td></tr>'
    )


def _text(value: Any) -> str:
    return html.escape(str(value))
