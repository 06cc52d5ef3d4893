"""Hooks of MkDocs: pages made from the code, pages from outside ``docs``, links of the site."""

import re
from pathlib import Path
from typing import Any

from command_reference import command_reference
from model_cards import model_cards
from notebook_page import notebook_page
from outside_pages import OUTSIDE_PAGES, ROOT, with_site_links
from schema_reference import schema_reference

#: What takes the place of a line ``<!-- NAME -->`` in a page.
GENERATED = {
    "command reference": command_reference,
    "model cards": model_cards,
    "schema reference": schema_reference,
}
NOTEBOOK = "notebooks/first-steps"
LOGO = "HermesSegment/Resources/Icons/HermesSegment.png"
#: A role of Sphinx in a docstring, as Markdown leaves it.
_ROLE = re.compile(r":(?:class|data|func|meth|mod|attr|exc):(?=<code>)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that have their source elsewhere in the checkout, and the logo."""
    from mkdocs.structure.files import File

    for source, page in OUTSIDE_PAGES.items():
        if files.get_file_from_path(page) is None:
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    notebook = (ROOT / "docs" / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8")
    files.append(File.generated(config, f"{NOTEBOOK}.md", content=notebook_page(notebook)))
    files.append(File.generated(config, "images/hermes.png", abs_src_path=str(ROOT / LOGO)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Write what a page asks of the code, and turn links into those of the site."""
    for name, write in GENERATED.items():
        line = f"<!-- {name} -->"
        if line in markdown:
            markdown = markdown.replace(line, write())
    return with_site_links(markdown, page.file.src_uri)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Leave out the roles of docstrings."""
    return _ROLE.sub("", html)


def on_post_build(config: Any) -> None:
    """Leave out what the site does not need."""
    for name in ("sitemap.xml", "sitemap.xml.gz"):
        (Path(config["site_dir"]) / name).unlink(missing_ok=True)
