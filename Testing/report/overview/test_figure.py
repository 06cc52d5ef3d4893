"""The overview of a run."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesLib.report import colours
from HermesLib.report.colours import rgb
from HermesLib.report.overview.figure import write_overview
from HermesLib.report.overview.header import Heading, counts_text, legend_entries
from HermesLib.report.overview.sheet import Sheet
from Testing.report.runs import HEIGHT, WIDTH, results_of, slice_events
from Testing.test_layout import LIBRARY, imported_modules

HEADER = 126
HEADING = Heading("Prostate, T2-weighted MR", "medsam", "qc-prostate-t2", 0.9)


def draw(path: Path, *slices, marks=None) -> np.ndarray:
    results = results_of(*slices)
    images = {result.index: np.full((HEIGHT, WIDTH), 0.5, np.float32) for result in results}
    write_overview(path, results, images, (0.5, 0.5), HEADING, marks or {})
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def count(picture: np.ndarray, colour: tuple[int, int, int], tolerance: int = 12) -> int:
    """Pixels close to a colour."""
    return int((np.abs(picture - np.array(colour)).max(-1) <= tolerance).sum())


def drawn(colour: str, over: float = 0.0, share: float = 1.0) -> tuple[int, int, int]:
    """A colour of the code over a grey from 0 to 1, as far as it covers it."""
    red, green, blue = (round(255 * (share * v + (1 - share) * over)) for v in rgb(colour))
    return red, green, blue


# Half transparent over a grey of 0.5.
FALSE_POSITIVE = drawn(colours.MASK_ONLY, 0.5, 0.5)
FALSE_NEGATIVE = drawn(colours.EXPECTED_ONLY, 0.5, 0.5)
MASK, EXPECTED, PROMPT = map(drawn, (colours.MASK, colours.EXPECTED, colours.POSITIVE_PROMPT))
VERMILION = (213, 94, 0)


@pytest.mark.parametrize("kind", ["box", "scribbles", "clicks", None])
def test_outlines_errors_and_prompt_are_drawn(tmp_path: Path, kind: str | None):
    picture = draw(
        tmp_path / "overview.png", slice_events(3, [0.4, 0.8], Status.STOPPED, kind, dsc=0.5)
    )[HEADER:]
    for colour in (MASK, EXPECTED, FALSE_POSITIVE, FALSE_NEGATIVE):
        assert count(picture, colour) > 50, colour
    assert (count(picture, PROMPT) > 20) == (kind is not None)


def test_a_mask_that_is_its_pgt_shows_no_errors(tmp_path: Path):
    events = slice_events(3, [1.0], Status.ACCEPTED, None)
    np.copyto(events[0].mask, events[0].pgt)
    panels = draw(tmp_path / "overview.png", events)[HEADER:]
    assert count(panels, MASK) > 50
    assert count(panels, FALSE_POSITIVE) == count(panels, FALSE_NEGATIVE) == 0


def test_slices_with_iterations_have_a_row_each_up_to_eight(tmp_path: Path):
    single, eight, twelve = (
        draw(
            tmp_path / "overview.png",
            *[slice_events(k, [0.5, 0.6], Status.STOPPED) for k in range(slices)],
        ).shape[0]
        for slices in (1, 8, 12)
    )
    assert single < eight == twelve


def test_slices_with_a_single_mask_share_rows(tmp_path: Path):
    single, six, seven = (
        draw(
            tmp_path / "overview.png",
            *[slice_events(k, [0.5], Status.STOPPED, None) for k in range(slices)],
        ).shape[0]
        for slices in (1, 6, 7)
    )
    assert single == six < seven


def test_the_header_says_what_is_not_drawn():
    results = results_of(
        slice_events(0, [0.9], Status.ABSENT, None, empty=True),
        slice_events(1, [0.4], Status.ABSENT, None),
        *[slice_events(k, [0.5], Status.STOPPED) for k in range(2, 5)],
    )
    assert (
        counts_text(results, results[1:], {}, HEADING)
        == "5 slices: 3 stopped, 2 absent · not drawn: 1 without the organ"
    )
    assert (
        counts_text(results, results[1:3], {}, HEADING)
        == "5 slices: 3 stopped, 2 absent · not drawn: 1 without the organ and the 2 best"
    )
    assert counts_text(results[2:3], results[2:3], {}, HEADING) == "1 slice: 1 stopped"


def test_a_run_without_the_organ_has_a_header_only(tmp_path: Path):
    picture = draw(
        tmp_path / "overview.png", slice_events(0, [0.9], Status.ABSENT, None, empty=True)
    )
    assert 100 < picture.shape[0] < 220
    assert picture.min() < 50


def test_a_marked_slice_is_drawn_with_its_marks_also_where_it_is_blank(tmp_path: Path):
    slices = [
        slice_events(0, [0.9], Status.ABSENT, None, empty=True),
        slice_events(1, [0.95], Status.ACCEPTED, None),
    ]
    plain = draw(tmp_path / "plain.png", *slices)
    marks = {0: (Mark.GAP,), 1: (Mark.ABRUPT_END, Mark.BORDERLINE)}
    marked = draw(tmp_path / "marked.png", *slices, marks=marks)
    assert count(plain, VERMILION) == 0 and count(marked[HEADER:], VERMILION) > 2000
    results = results_of(*slices)
    assert counts_text(results, results, marks, HEADING) == (
        "2 slices: 1 accepted, 1 absent; 2 marked for a look"
    )


def test_pixels_keep_their_proportions(tmp_path: Path):
    results = results_of(slice_events(3, [0.5], Status.STOPPED, None))
    images = {3: np.full((HEIGHT, WIDTH), 0.5, np.float32)}
    path = tmp_path / "overview.png"
    write_overview(path, results, images, (1.0, 0.5), HEADING, {})  # rows 1 mm apart
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)[HEADER:]
    outline = np.argwhere(np.abs(picture - np.array(EXPECTED)).max(-1) <= 12)
    height, width = outline.max(0) - outline.min(0)
    assert height == pytest.approx(2 * width, rel=0.1)


def test_the_result_among_the_tries_is_named(tmp_path: Path, monkeypatch):
    captions = []
    write = Sheet.write

    def spy(sheet, x, y, text, points, anchor, *, bold=False):
        captions.append((text, bold))
        write(sheet, x, y, text, points, anchor, bold=bold)

    monkeypatch.setattr(Sheet, "write", spy)
    draw(tmp_path / "overview.png", slice_events(3, [0.4, 0.9, 0.7], Status.STOPPED))
    tries = [(text, bold) for text, bold in captions if "try " in text]
    assert [("\u25b6" in text, bold) for text, bold in tries] == [
        (False, False),
        (True, True),
        (False, False),
    ]


def test_the_legend_explains_what_is_drawn_and_ends_above_the_first_cell(tmp_path: Path):
    events = slice_events(3, [0.4, 0.8], Status.STOPPED, "scribbles")
    words = [entry.words for entry in legend_entries(results_of(events), {})]
    assert words == [
        "mask",
        "expected outline (pGT)",
        "only in mask",
        "only in expected outline",
        "result",
        "prompt +",
        "prompt \u2212",
    ]
    page = draw(tmp_path / "overview.png", events)
    assert count(page[:HEADER], MASK) > 20 and count(page[:HEADER], EXPECTED) > 20
    assert page[HEADER - 10 : HEADER - 2].min() == 255


def test_nothing_of_a_report_loads_a_plotting_library():
    files = list((LIBRARY / "report").rglob("*.py"))
    loading = {path.name for path in files if "matplotlib" in " ".join(imported_modules(path))}
    assert files and loading == set()
