"""The schema of ``report.json`` as tables: every key, its type and its meaning."""

import json
from collections.abc import Iterator
from typing import Any

from outside_pages import ROOT

SCHEMA = ROOT / "HermesLib" / "report" / "report.schema.json"


def schema_reference() -> str:
    """Markdown of the schema: one table for each object, in the order of the file."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return "\n".join(_tables("report.json", schema, schema["$defs"]))


def _tables(name: str, node: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """The table of an object, then those of the objects in it."""
    inner: list[tuple[str, dict[str, Any]]] = []
    required = node.get("required", ())
    yield f"## {name}\n\n| key | type | meaning |\n|---|---|---|"
    for key, described in node["properties"].items():
        value = _resolved(described, definitions)
        meaning = described.get("description", value.get("description", ""))
        if key not in required:
            meaning = f"(optional) {meaning}"
        yield f"| `{key}` | {_type(value, definitions)} | {meaning.replace('|', chr(92) + '|')} |"
        for part in [value, *value.get("anyOf", ())]:
            part = _resolved(part, definitions)
            item = _resolved(part.get("items", {}), definitions)
            own = key if name == "report.json" else f"{name}.{key}"
            if "properties" in part:
                inner.append((own, part))
            elif "properties" in item:
                inner.append((f"{own}[]", item))
    yield ""
    for inner_name, value in inner:
        yield from _tables(inner_name, value, definitions)


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A node with the definition that it refers to."""
    if "$ref" in node:
        return definitions[node["$ref"].rpartition("/")[2]]
    return node


def _type(node: dict[str, Any], definitions: dict[str, Any]) -> str:
    """The type of a value in a few words."""
    node = _resolved(node, definitions)
    if "anyOf" in node:
        return " or ".join(_type(part, definitions) for part in node["anyOf"])
    if "const" in node:
        return f"`{json.dumps(node['const'])}`"
    if "enum" in node:
        return ", ".join(f"`{json.dumps(value)}`" for value in node["enum"])
    kind = node.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"array of {_type(node.get('items', {}), definitions)}"
    if "minimum" in node and "maximum" in node:
        words += f", {node['minimum']} to {node['maximum']}"
    return words
