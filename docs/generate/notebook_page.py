"""A notebook as a page: its texts, its code, and the outputs that are stored in it."""

import json
from typing import Any


def notebook_page(text: str) -> str:
    """Markdown of a notebook.

    Args:
        text: the notebook's JSON, format 4.
    """
    return "\n\n".join(_cell(cell) for cell in json.loads(text)["cells"]) + "\n"


def _cell(cell: dict[str, Any]) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return source
    parts = [f"```python\n{source}\n```"]
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            picture = data["image/png"].replace("\n", "")
            parts.append(f"![Output of the cell](data:image/png;base64,{picture})")
        elif "text/plain" in data or "text" in output:
            shown = "".join(data.get("text/plain", output.get("text", "")))
            parts.append(f"```text\n{shown.rstrip()}\n```")
    return "\n\n".join(parts)
