"""HTML of a page that is complete in itself: it loads nothing from elsewhere."""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 0.6rem 0 1.4rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.7rem; text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #888; }
small { color: #555; } img { max-width: 100%; } .best { font-weight: 600; }
"""


@dataclass(frozen=True)
class Table:
    """A table of text; ``note`` stands below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    tables: Sequence[Table] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    text: str = ""


def html_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page as HTML; all text is escaped."""
    parts = [f"<h1>{html.escape(title)}</h1>", f"<p>{html.escape(lead)}</p>"]
    for section in sections:
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        if section.text:
            parts.append(f"<p>{html.escape(section.text)}</p>")
        parts += [_table(table) for table in section.tables]
        for caption, png in section.pictures.items():
            data = base64.b64encode(png).decode()
            name = html.escape(caption)
            image = f'<img alt="{name}" src="data:image/png;base64,{data}">'
            parts.append(f"<figure>{image}<figcaption>{name}</figcaption></figure>")
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    note = f"<p><small>{html.escape(table.note)}</small></p>" if table.note else ""
    title = html.escape(table.title)
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f"<h3>{title}</h3><table>{body}</table>{note}"
