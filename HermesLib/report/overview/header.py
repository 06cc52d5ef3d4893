"""The overview's header: the run, how its slices ended, and the legend."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import Marks
from HermesLib.report import colours
from HermesLib.report.overview import cell
from HermesLib.report.overview.selection import is_blank
from HermesLib.report.words import score_words

HEADER_INCHES = 1.15
#: More where a line says what the scores are not.
CAUTION_INCHES = 0.26
RESULT_SIGN = "\u25b6"


@dataclass(frozen=True)
class Heading:
    """The run in words, without patient data or file names.

    ``model`` may be empty; ``score`` says what the numbers are.
    """

    preset: str
    model: str
    quality: str
    threshold: float
    score: str = "calibrated"


def header_inches(heading: Heading) -> float:
    """The height of the header."""
    return HEADER_INCHES + (CAUTION_INCHES if score_words(heading.score).caution else 0.0)


def draw_header(
    figure: Figure,
    heading: Heading,
    results: Sequence[SliceResult],
    drawn_results: Sequence[SliceResult],
    marks: Marks,
) -> None:
    """Write title, counts and legend into the top of a figure.

    Args:
        figure: to write on.
        heading: what to say of the run.
        results: of all slices of the run.
        drawn_results: of the slices in the figure.
        marks: of every slice.
    """
    width, height = figure.get_size_inches()
    networks = " \u00b7 ".join(part for part in (heading.model, heading.quality) if part)
    title = (
        f"HERMES \u00b7 {heading.preset} \u00b7 {networks} \u00b7 threshold {heading.threshold:.2f}"
    )
    figure.text(0.1 / width, 1 - 0.22 / height, title, fontsize=13, weight="bold", va="center")
    figure.text(
        0.1 / width,
        1 - 0.50 / height,
        counts_text(results, drawn_results, marks, heading),
        fontsize=11,
        va="center",
    )
    caution, below = score_words(heading.score).caution, header_inches(heading) - HEADER_INCHES
    if caution:
        text = caution[0].upper() + caution[1:]
        figure.text(0.1 / width, 1 - 0.76 / height, text, fontsize=10, va="center")
    figure.legend(
        handles=_legend_entries(drawn_results, marks),
        loc="upper left",
        bbox_to_anchor=(0.0, 1 - (0.64 + below) / height),
        ncols=7,
        fontsize=10,
        frameon=False,
        handlelength=1.8,
        columnspacing=1.4,
    )


def counts_text(
    results: Sequence[SliceResult],
    drawn_results: Sequence[SliceResult],
    marks: Marks,
    heading: Heading,
) -> str:
    """How many slices have each status, how many are marked, and how many are not drawn."""
    words = score_words(heading.score)
    ends = [(result.status, result.best_record.numbers.pdsc) for result in results]
    counted = words.counts(ends, heading.threshold)
    parts = [part for part in counted if not part.startswith("0 ")]
    text = f"{len(results)} {'slice' if len(results) == 1 else 'slices'}: {', '.join(parts)}"
    marked = sum(bool(marks.get(result.index)) for result in results)
    if marked:
        text += f"; {marked} marked for a look"
    drawn = {result.index for result in drawn_results}
    hidden = [result for result in results if result.index not in drawn]
    blank = sum(is_blank(result) for result in hidden)
    better = len(hidden) - blank
    left_out = []
    if blank:
        left_out.append(f"{blank} without the organ")
    if better:
        left_out.append(f"the {better} best")
    return f"{text} \u00b7 not drawn: {' and '.join(left_out)}" if left_out else text


def _legend_entries(drawn_results: Sequence[SliceResult], marked: Marks) -> list[Line2D | Patch]:
    entries: list[Line2D | Patch] = [
        Line2D([], [], color=colours.MASK, linewidth=2.2, label=colours.WORDS[colours.MASK]),
        Line2D(
            [],
            [],
            color=colours.EXPECTED,
            linewidth=2.0,
            linestyle=(0, (2, 1)),
            label=f"{colours.WORDS[colours.EXPECTED]} (pGT)",
        ),
        *(
            Patch(facecolor=colour, alpha=0.7, label=colours.WORDS[colour])
            for colour in (colours.MASK_ONLY, colours.EXPECTED_ONLY)
        ),
    ]
    if any(len(result.records) > 1 for result in drawn_results):
        entries.append(Line2D([], [], color="black", marker=">", linestyle="none", label="result"))
    if any(marked.get(result.index) for result in drawn_results):
        entries.append(Patch(facecolor=cell.REASON_COLOUR, label="needs a look"))
    marks = _first_marks(drawn_results)
    if marks is not None and marks.boxes:
        entries.append(
            Patch(
                facecolor="#808080",
                edgecolor=colours.POSITIVE_PROMPT,
                linewidth=1.8,
                label="prompt (box)",
            )
        )
    if marks is not None and marks.has_signs:
        entries += [
            Patch(facecolor=colour, edgecolor="black", label=colours.WORDS[colour])
            for colour in (colours.POSITIVE_PROMPT, colours.NEGATIVE_PROMPT)
        ]
    return entries


def _first_marks(drawn_results: Sequence[SliceResult]) -> PromptMarks | None:
    """The marks of any prompt: all prompts of a run are of the same kind; given masks have none."""
    prompts = (record.prompt for result in drawn_results for record in result.records)
    first = next((prompt for prompt in prompts if prompt is not None), None)
    return None if first is None else first.unpack().marks()
