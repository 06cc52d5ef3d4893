"""The pages' commands that take longer: trainings, measurements, the sample, official networks."""

from collections.abc import Iterator

import pytest

from Testing.docs.commands.data import make_training_data
from Testing.docs.commands.official import make_official_networks
from Testing.docs.commands.running import PageRunner, page_runner
from Testing.docs.commands.sandbox import make_sandbox
from Testing.docs.commands.table import read_table

TABLE = read_table()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRunner]:
    folder = tmp_path_factory.mktemp("commands")
    sandbox = make_sandbox(folder / "sandbox")
    make_training_data(sandbox / "both")
    make_official_networks(sandbox / "both")
    with page_runner(sandbox, folder / "work", TABLE) as made:
        yield made


@pytest.mark.long
@pytest.mark.parametrize(("command", "more"), TABLE.long.items(), ids=list(TABLE.long))
def test_a_command_of_the_pages_does_what_it_says(runner: PageRunner, command: str, more: str):
    runner.run(command, more)
