"""The overview's header: the run, how its slices ended, and the legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from HermesLib.intended_use import RESEARCH_ONLY
from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import Marks
from HermesLib.report import colours
from HermesLib.report.overview import cell
from HermesLib.report.overview.selection import is_blank
from HermesLib.report.overview.sheet import Sheet
from HermesLib.report.words import score_words

HEADER_INCHES = 1.15
#: More where a line says what the scores are not.
CAUTION_INCHES = 0.26
RESULT_SIGN = "\u25b6"
_LEFT = 0.1
#: The legend: size of letters, distance of lines, width of samples and gaps, inches.
_LEGEND_POINTS = 10
_LEGEND_LINE = 0.19
_SAMPLE, _GAP = 0.25, 0.06


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


@dataclass(frozen=True)
class Entry:
    """One entry of the legend: its words, and the sample before them."""

    words: str
    colour: str
    sign: Literal["line", "dashes", "area", "result"]
    edge: str | None = None


def header_inches(heading: Heading) -> float:
    """The height of the header."""
    return HEADER_INCHES + (CAUTION_INCHES if score_words(heading.score).caution else 0.0)


def draw_header(
    sheet: Sheet,
    heading: Heading,
    results: Sequence[SliceResult],
    drawn_results: Sequence[SliceResult],
    marks: Marks,
) -> None:
    """Write title, counts and legend into the top of a sheet.

    Args:
        sheet: to write on.
        heading: what to say of the run.
        results: of all slices of the run.
        drawn_results: of the slices on the sheet.
        marks: of every slice.
    """
    networks = " \u00b7 ".join(part for part in (heading.model, heading.quality) if part)
    title = (
        f"HERMES \u00b7 {heading.preset} \u00b7 {networks} \u00b7 threshold {heading.threshold:.2f}"
    )
    sheet.write(_LEFT, 0.22, title, 13, "lm", bold=True)
    counts = counts_text(results, drawn_results, marks, heading)
    sheet.write(_LEFT, 0.50, f"{counts} \u00b7 {RESEARCH_ONLY}", 11, "lm")
    caution, below = score_words(heading.score).caution, header_inches(heading) - HEADER_INCHES
    if caution:
        sheet.write(_LEFT, 0.76, caution[0].upper() + caution[1:], 10, "lm")
    _draw_legend(sheet, 0.76 + below, legend_entries(drawn_results, marks))


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


def legend_entries(drawn_results: Sequence[SliceResult], marked: Marks) -> list[Entry]:
    """What the legend explains: only what is drawn."""
    words = colours.WORDS
    entries = [
        Entry(words[colours.MASK], colours.MASK, "line"),
        Entry(f"{words[colours.EXPECTED]} (pGT)", colours.EXPECTED, "dashes"),
        *(
            Entry(words[colour], _over_white(colour, 0.7), "area")
            for colour in (colours.MASK_ONLY, colours.EXPECTED_ONLY)
        ),
    ]
    if any(len(result.records) > 1 for result in drawn_results):
        entries.append(Entry("result", "black", "result"))
    if any(marked.get(result.index) for result in drawn_results):
        entries.append(Entry("needs a look", cell.REASON_COLOUR, "area"))
    marks = _first_marks(drawn_results)
    if marks is not None and marks.boxes:
        entries.append(Entry("prompt (box)", "#808080", "area", colours.POSITIVE_PROMPT))
    if marks is not None and marks.has_signs:
        entries += [
            Entry(words[colour], colour, "area", "black")
            for colour in (colours.POSITIVE_PROMPT, colours.NEGATIVE_PROMPT)
        ]
    return entries


def _draw_legend(sheet: Sheet, top: float, entries: Sequence[Entry]) -> None:
    """Draw entries from left to right, with a second line where one is too short."""
    x, y = _LEFT, top
    for entry in entries:
        length = _SAMPLE + _GAP + sheet.length(entry.words, _LEGEND_POINTS)
        if x + length > sheet.width and x > _LEFT:
            x, y = _LEFT, y + _LEGEND_LINE
        _draw_sample(sheet, x, y, entry)
        sheet.write(x + _SAMPLE + _GAP, y, entry.words, _LEGEND_POINTS, "lm")
        x += length + 3 * _GAP


def _draw_sample(sheet: Sheet, x: float, y: float, entry: Entry) -> None:
    if entry.sign == "area":
        sheet.rectangle(x, y - 0.045, _SAMPLE, 0.09, entry.colour, entry.edge)
    elif entry.sign == "result":
        sheet.write(x + _SAMPLE / 2, y, RESULT_SIGN, _LEGEND_POINTS, "mm")
    else:
        sheet.line(x, y, _SAMPLE, entry.colour, dashed=entry.sign == "dashes")


def _over_white(colour: str, share: float) -> str:
    """A colour that covers a share of white."""
    mixed = (round(255 * (share * value + 1 - share)) for value in colours.rgb(colour))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _first_marks(drawn_results: Sequence[SliceResult]) -> PromptMarks | None:
    """The marks of any prompt: all prompts of a run are of the same kind; given masks have none."""
    prompts = (record.prompt for result in drawn_results for record in result.records)
    first = next((prompt for prompt in prompts if prompt is not None), None)
    return None if first is None else first.unpack().marks()
