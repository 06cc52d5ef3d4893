"""Every command of the pages is run as it stands, on small inputs with the pages' file names.

What takes long is run by ``test_long_commands.py``; what cannot be run here is in
``commands.toml`` with its reason.
"""

from collections.abc import Iterator

import pytest

from Testing.docs.commands.pages import PAGES, ROOT, hermes_commands, shell_lines
from Testing.docs.commands.running import PageRunner, page_runner
from Testing.docs.commands.sandbox import make_sandbox
from Testing.docs.commands.table import read_table

TABLE = read_table()
REASONS = [*TABLE.elsewhere.values(), *TABLE.pages.values()]
QUICK = [line for line in hermes_commands() if line not in TABLE.long | TABLE.elsewhere]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRunner]:
    folder = tmp_path_factory.mktemp("commands")
    with page_runner(make_sandbox(folder / "sandbox"), folder / "work", TABLE) as made:
        yield made


@pytest.mark.parametrize("command", QUICK)
def test_a_command_of_the_pages_does_what_it_says(runner: PageRunner, command: str):
    runner.run(command)


def test_every_line_to_type_is_run_or_has_its_reason():
    lines = {line for page in PAGES for line in shell_lines(page)}
    programs = {
        line
        for page in PAGES
        if page.relative_to(ROOT).as_posix() not in TABLE.pages
        for line in shell_lines(page)
        if not line.startswith("hermes ")
    }
    assert programs <= TABLE.long.keys() | TABLE.elsewhere.keys()
    assert all(reason.strip() for reason in REASONS)
    assert not TABLE.long.keys() & TABLE.elsewhere.keys()
    assert {*TABLE.long, *TABLE.elsewhere, *TABLE.before} <= lines, "not on any page"


def test_what_is_segmented_in_a_ct_is_said():
    # Without a word it is the prostate in T2-weighted MR.
    on_cts = [line for line in hermes_commands() if line.startswith("hermes refine ct.nii.gz")]
    assert on_cts
    assert [line for line in on_cts if not {"--preset", "--organ"} & set(line.split())] == []


def test_the_own_tests_that_reasons_name_exist():
    named = [word.strip(";,.") for reason in REASONS for word in reason.split()]
    paths = [word for word in named if word.startswith("Testing/")]
    assert paths
    assert all((ROOT / path).exists() for path in paths)
