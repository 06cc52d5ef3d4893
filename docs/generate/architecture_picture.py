"""The packages and which one imports which, as the code has it: ``docs/images/architecture.svg``.

Each package stands below all that import it. An arrow that follows from others is left out.

Usage: python docs/generate/architecture_picture.py docs/images/architecture.svg
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "HermesLib"
MODULE = "HermesSegment"
#: Size of a box, distance of layers and margin, in pixels.
BOX, HEIGHT, LAYER, MARGIN, WIDTH = 118, 30, 64, 20, 1000
#: Grounds of the packages: what a user meets, what steers, what computes, what makes and measures.
GROUNDS = {
    "#cfe8e3": (MODULE, "cli", "cohorts", "engine", "runs", "report"),
    "#d9e4f7": ("refinement", "judges", "guides", "prompts"),
    "#f5e3c8": ("models", "quality", "networks"),
    "#ead9f2": ("training", "evaluation", "datasets", "research"),
}
OTHER = "#e8e8e8"


def imports() -> dict[str, set[str]]:
    """Which packages each one imports, functions included. ``HermesSegment`` is one of them."""
    names = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    found = {name: _imported(LIBRARY / name, names) - {name} for name in names}
    return {**found, MODULE: _imported(ROOT / MODULE, names)}


def _imported(folder: Path, names: set[str]) -> set[str]:
    modules = [module for path in folder.rglob("*.py") for module in _modules(path)]
    parts = [module.split(".") for module in modules]
    return {part[1] for part in parts if part[0] == "HermesLib" and part[1:] and part[1] in names}


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def reached(graph: dict[str, set[str]], name: str) -> set[str]:
    """All packages that one needs, directly or not."""
    return graph[name].union(*(reached(graph, other) for other in graph[name]))


def needed(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that do not follow from others."""
    return {
        name: {
            other
            for other in others
            if not any(other in reached(graph, between) for between in others - {other})
        }
        for name, others in graph.items()
    }


def layers(graph: dict[str, set[str]]) -> list[list[str]]:
    """Packages by the longest way down; each layer in an order with short arrows."""
    depth: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((depth_of(other) for other in graph[name]), default=-1)
        return depth[name]

    for name in graph:
        depth_of(name)
    rows = [
        sorted(name for name in graph if depth[name] == row)
        for row in range(max(depth.values()) + 1)
    ]
    place: dict[str, float] = {}
    for row in rows:
        # Above the middle of what it imports.
        def middle(name: str) -> tuple[float, str]:
            under = [place[other] for other in graph[name]]
            return (sum(under) / len(under) if under else 0.5, name)

        row.sort(key=middle)
        place.update({name: (at + 0.5) / len(row) for at, name in enumerate(row)})
    return rows


def picture() -> str:
    """The picture as SVG; the same code gives the same text."""
    graph = imports()
    arrows, rows = needed(graph), layers(needed(graph))
    size = HEIGHT + LAYER * (len(rows) - 1) + 2 * MARGIN
    corner: dict[str, tuple[float, float]] = {}
    for depth, row in enumerate(rows):
        step = WIDTH / len(row)
        for place, name in enumerate(row):
            top = size - MARGIN - HEIGHT - depth * LAYER
            corner[name] = (round(step * (place + 0.5) - BOX / 2, 1), top)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {size}" role="img"',
        ' font-family="sans-serif" font-size="13" aria-label="Packages and their imports">',
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"',
        ' markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{size}" fill="#ffffff"/>',
    ]
    for name in sorted(arrows):
        for other in sorted(arrows[name]):
            (x, y), (to_x, to_y) = corner[name], corner[other]
            x, to_x, y = x + BOX / 2, to_x + BOX / 2, y + HEIGHT
            bend = (to_y - y) / 2
            curve = f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"
            lines.append(f'<path d="{curve}" fill="none" stroke="#889" marker-end="url(#end)"/>')
    for name, (x, y) in sorted(corner.items()):
        ground = next((colour for colour, names in GROUNDS.items() if name in names), OTHER)
        lines.append(
            f'<rect x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="5" fill="{ground}"/>'
        )
        lines.append(f'<text x="{x + BOX / 2}" y="{y + 20}" text-anchor="middle">{name}</text>')
    return "\n".join([*lines, "</svg>\n"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), encoding="utf-8")
