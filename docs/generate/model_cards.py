"""A list of the model cards beside the bundled weights."""

from outside_pages import OUTSIDE_PAGES, ROOT


def model_cards() -> str:
    """Markdown for ``docs/reference``: a row for each card with its title and file."""
    rows = ["| card | file |", "|---|---|"]
    for source, page in OUTSIDE_PAGES.items():
        if page.startswith("cards/"):
            title = (ROOT / source).read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
            rows.append(f"| [{title}](../../{source}) | `{source}` |")
    return "\n".join(rows)
