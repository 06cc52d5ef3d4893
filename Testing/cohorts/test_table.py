"""The table: worst first, steady while a reader works, the same in every file."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from HermesLib.cohorts.page import page_html
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.table import (
    csv_text,
    json_text,
    shared_notices,
    steady_order,
    worst_first,
)


def finished(name: str, quality: float | None, look: int = 0) -> Row:
    return Row(
        name, State.FINISHED, slices=9, accepted=9 - look, look=look, quality=quality, volume_ml=30
    )


ROWS = [
    Row("waiting", State.WAITING),
    finished("good", 0.95),
    finished("fair", 0.9, look=2),
    finished("poor", 0.4, look=1),
    Row("running", State.RUNNING, "3 of 9 slices"),
    finished("nothing", None, look=9),
    Row("broken", State.FAILED, "cannot be read"),
    Row("stopped", State.CANCELLED),
]
ORDER = ["broken", "nothing", "poor", "fair", "good", "running", "waiting", "stopped"]
rows_of_any_state = st.lists(
    st.builds(
        Row,
        name=st.text("abcdefgh", min_size=1, max_size=4),
        state=st.sampled_from(State),
        look=st.integers(0, 3),
        quality=st.none() | st.floats(0, 1),
    ),
    unique_by=lambda row: row.name,
    max_size=8,
)


def test_failures_come_first_then_the_worst_that_needs_a_look():
    assert [row.name for row in worst_first(ROWS)] == ORDER


@given(rows_of_any_state)
def test_sorting_loses_no_volume(rows):
    assert sorted(row.name for row in worst_first(rows)) == sorted(row.name for row in rows)
    assert set(steady_order([], rows)) == {row.name for row in rows}


@given(rows_of_any_state, st.data())
def test_rows_that_have_ended_keep_their_places_while_others_end(rows, data):
    order = [row.name for row in worst_first(rows)]
    before = [row.name for row in worst_first(rows) if row.state in (State.FAILED, State.FINISHED)]
    later = [
        finished(row.name, data.draw(st.floats(0, 1)), look=1)
        if row.state in (State.RUNNING, State.WAITING)
        else row
        for row in rows
    ]
    assert steady_order(order, later)[: len(before)] == before


def test_a_volume_that_ends_while_a_reader_works_comes_below_those_that_had_ended():
    order = ["fair", "good", "running", "waiting"]
    rows = [ROWS[2], ROWS[1], finished("running", 0.1, look=9), ROWS[0]]
    assert steady_order(order, rows) == ["fair", "good", "running", "waiting"]
    assert next(iter(worst_first(rows))).name == "running"


def test_table_files_agree_and_have_no_numbers_where_there_are_none():
    read = list(csv.DictReader(io.StringIO(csv_text(ROWS))))
    plain = json.loads(json_text(ROWS, {"preset": "spleen-ct"}))
    assert [row["name"] for row in read] == [row["name"] for row in plain["volumes"]] == ORDER
    assert read[0]["accepted"] == "" and read[0]["reason"] == "cannot be read"
    assert (read[2]["accepted"], read[2]["to_look_at"], read[2]["whole_pdsc"]) == ("8", "1", "0.4")
    assert read[1]["whole_pdsc"] == "" and plain["volumes"][1]["whole_pdsc"] is None


def test_the_page_shows_names_as_text_and_leads_to_the_overviews():
    page = page_html([finished("<b>&1", 0.5, look=1), ROWS[6]], {"preset": "spleen-ct"})
    assert "<b>&1" not in page and "&lt;b&gt;&amp;1" in page
    assert 'href="%3Cb%3E%261/overview.png"' in page
    assert page.index("broken") < page.index("&lt;b&gt;") and "cannot be read" in page
    assert "1 of 2 volumes finished, 1 to look at, 1 failed" in page


def test_a_row_counts_each_slice_once_and_says_why_it_needs_a_look():
    def entry(status: str, marks: tuple[str, ...] = (), borderline: bool = False) -> dict:
        return {"index": 0, "status": status, "marks": list(marks), "borderline": borderline}

    report = {
        "summary": {"whole_pdsc": 0.8, "volume_ml": 12.5, "seconds": 3.0},
        "provenance": {"fallbacks": ["memory ran out"]},
        "notices": [{"kind": "mask-resampled", "message": "the mask was resampled"}],
        "slices": [
            entry("accepted"),
            entry("accepted", ("jump",)),
            entry("stopped"),
            entry("stopped", ("borderline",), True),
            entry("absent"),
            entry("absent", ("gap",)),
            entry("failed"),
        ],
    }
    row = Row.of_report("a", report)
    assert (row.slices, row.accepted, row.look, row.absent) == (7, 1, 5, 1)
    assert row.why == {"jump": 1, "stopped": 2, "borderline": 1, "gap": 1, "failed": 1}
    assert row.reason == "the mask was resampled; memory ran out"


def test_a_notice_that_several_volumes_share_is_said_once_with_their_names():
    rows = [finished(name, 0.9) for name in "abcd"]
    noted = [
        rows[0].noting("resampled", "taken as CT"),
        rows[1].noting("resampled", "taken as CT", "memory ran out"),
        rows[2].noting("taken as CT"),
        rows[3].noting("resampled", "taken as CT"),
        Row("e", State.FAILED, "cannot be read"),
    ]
    shared = shared_notices(noted)
    assert shared == {"resampled": "all but c: resampled", "taken as CT": "taken as CT"}
    page = page_html(noted, {})
    assert page.count("resampled") == page.count("taken as CT") == 1
    assert page.count("memory ran out") == page.count("cannot be read") == 1
    # A row of a file stands alone.
    assert csv_text(noted).count("taken as CT") == 4
    assert list(shared_notices(noted[:1])) == []
    pairs = [*(row.noting("moved") for row in rows[:2]), *rows[2:], finished("e", 0.9)]
    assert shared_notices(pairs) == {"moved": "a, b: moved"}
