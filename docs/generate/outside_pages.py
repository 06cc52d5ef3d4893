"""Pages of the site that lie outside ``docs``, and what a link between files is on the site."""

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The pages by their file in the checkout.
OUTSIDE_PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "Testing/README.md": "tests.md",
    "Testing/mutants/README.md": "mutants.md",
    "HermesLib/research/NOTES.md": "research-notes.md",
    "examples/README.md": "examples-in-python.md",
    **{
        f"Resources/Weights/{name}.md": f"cards/{name}.md"
        for name in sorted(path.stem for path in (ROOT / "Resources" / "Weights").glob("*.md"))
    },
}
#: What has another form on the site.
_ELSEWHERE = {
    "README.md": "index.md",
    "Resources/Weights": "reference/model-cards.md",
    "examples": "examples-in-python.md",
    "docs/notebooks/first-steps.ipynb": "notebooks/first-steps.md",
    "docs/results": "results/README.md",
    "HermesLib/report/report.schema.json": "reference/report-schema.md",
}
#: Code is left alone: a block, a piece in a line, then a link with its text and target.
_LINK = re.compile(r"(?sm)^```.*?^```$|`[^`\n]+`|(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def with_site_links(markdown: str, page: str) -> str:
    """A page's text with links that lead to the site's pages, or to the repository.

    Args:
        markdown: text of the page, with links as in the checkout.
        page: the page's path on the site, such as ``results/loop.md``.
    """
    sources = {target: source for source, target in OUTSIDE_PAGES.items()}
    folder = posixpath.dirname(sources.get(page, f"docs/{page}"))

    def replaced(match: re.Match[str]) -> str:
        if match[3] is None or re.match(r"[a-z]+:|#|mailto:", match[3]):
            return match[0]
        path, _, anchor = match[3].partition("#")
        source = posixpath.normpath(posixpath.join(folder, path))
        target = _place(source)
        if target is None:
            return _in_the_repository(match[2], source)
        relative = posixpath.relpath(target, posixpath.dirname(page) or ".")
        return f"{match[1]}[{match[2]}]({relative}{'#' + anchor if anchor else ''})"

    return _LINK.sub(replaced, markdown)


def _place(source: str) -> str | None:
    """Where a file of the checkout is on the site; None: nowhere."""
    known = OUTSIDE_PAGES | _ELSEWHERE
    if source in known:
        return known[source]
    return source.removeprefix("docs/") if source.startswith("docs/") else None


def _in_the_repository(text: str, source: str) -> str:
    """A link to a file of the repository; plain text while the repository has no address."""
    address = repository()
    return f"[{text}]({address}/blob/main/{source})" if address else f"{text} (`{source}`)"


def repository() -> str:
    """The repository's address; empty before ``SetRepository.cmake`` has written one."""
    text = (ROOT / "CMake" / "Repository.cmake").read_text(encoding="utf-8")
    owner, name = re.findall(r'set\(HERMES_REPOSITORY_\w+ "([^"]*)"\)', text)
    return "" if owner == "OWNER" else f"https://github.com/{owner}/{name}"
