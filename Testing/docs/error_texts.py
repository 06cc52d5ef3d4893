"""What HERMES says where something goes wrong: messages of errors, as templates from the code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What stands for a value in a template.
VALUE = "…"
#: Words by which a message says what to do.
ADVICE = (
    "add|calibrate|cancel|choose|close|convert|correct|download|draw|export|fetch|give|install"
    "|keep|leave|make|measure|move|name|open|pip install|put|raise it|reinstall|remove|rename"
    "|replace|resample|run|save|say|see|set|start|threshold|train|try|update|use|wait|write"
)
#: Words before what there is, or what is allowed: a list from which to choose.
_LISTS = "it (has|holds|covers)|they hold|there are|one of|none of|must (be|agree)|are for|is for"
_SAYS_WHAT_TO_DO = re.compile(
    rf"(^|[;:,.] |\b(or|and|then) )((it|them) )?({ADVICE})\b|\b({_LISTS})\b"
)


@dataclass(frozen=True)
class ErrorText:
    """A message with ``…`` for each value, and where it is raised."""

    text: str
    place: str

    @property
    def says_what_to_do(self) -> bool:
        """Whether the message itself ends with what the user can do."""
        return bool(_SAYS_WHAT_TO_DO.search(self.text))


def error_texts() -> list[ErrorText]:
    """All messages of errors that a user can cause, without those of the research wing."""
    return [
        ErrorText(text, f"{path.relative_to(ROOT)}:{call.lineno}")
        for folder in ("HermesLib", "HermesSegment")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "research" not in path.parts
        for call in _raised(path)
        if (text := re.sub(rf"{VALUE}+", VALUE, template(call.args[0]))).strip(f"{VALUE} :;()'")
    ]


def _raised(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id.endswith("Error")
            and node.func.id.startswith("Hermes")
            and node.args
        ):
            yield node


def template(node: ast.expr) -> str:
    """The text of an expression with ``…`` for each value.

    >>> template(ast.parse("f'no file {name}' + '; give one'", mode="eval").body)
    'no file …; give one'
    """
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return template(node.left) + template(node.right)
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", "") == "_":
            return re.sub(r"\{[^}]*\}", VALUE, template(node.args[0]))
        if getattr(node.func, "attr", "") == "format":
            return template(node.func.value)
    return VALUE
