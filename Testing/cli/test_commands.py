"""Help, version, and how arguments are parsed."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import HermesLib
from HermesLib.cli.options import parse_slices
from HermesLib.errors import HermesError
from HermesLib.runs.inputs import slice_indices
from HermesLib.runs.recorded import without_folders
from Testing.cli.conftest import Hermes


def test_version_matches_the_package(hermes: Hermes):
    outcome = hermes("--version")
    assert (outcome.code, outcome.out) == (0, [f"hermes {HermesLib.__version__}"])


@pytest.mark.parametrize("command", ["demo", "refine", "assess", "train", "evaluate", "weights"])
def test_every_command_has_help(hermes: Hermes, command: str):
    outcome = hermes(command, "--help")
    assert (
        outcome.code == 0
        and outcome.out[0].startswith(f"usage: hermes {command}")
        and outcome.err == []
    )


def test_refine_help_states_the_terms_of_mideepseg(hermes: Hermes):
    assert "patented" in " ".join(hermes("refine", "--help").out)


def test_help_and_usage_errors_do_not_import_torch():
    program = (
        "import sys; from HermesLib.cli.main import main;"
        "main(['refine', '--help']); main(['refine']);"
        "main(['refine', 'x', '-o', 'y', '--threshold', '7']);"
        "sys.exit('torch' in sys.modules)"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr


def test_output_folder_is_required_except_for_the_demo(hermes: Hermes):
    assert "-o" in hermes("refine", "image.nii.gz").err[0]
    assert "default hermes-demo" in " ".join(hermes("demo", "--help").out)


def test_slices_are_chosen_by_the_numbers_that_all_output_shows():
    assert list(slice_indices(parse_slices("5-7"), 20)) == [4, 5, 6]
    assert list(slice_indices(parse_slices("20"), 20)) == [19]
    for text in ("0-3", "7-5", "0", "-3"):
        with pytest.raises(argparse.ArgumentTypeError, match="counted from 1"):
            parse_slices(text)


@given(st.integers(1, 30), st.none() | st.integers(-40, 40), st.none() | st.integers(-40, 40))
def test_slices_follow_python_ranges_or_are_refused(
    count: int, start: int | None, stop: int | None
):
    text = f"{'' if start is None else start}:{'' if stop is None else stop}"
    assert parse_slices(text) == (start, stop)
    expected = list(range(count))[start:stop]
    try:
        assert list(slice_indices((start, stop), count)) == expected and expected
    except HermesError:
        reaches_beyond = (start is not None and not -count <= start < count) or (
            stop is not None and not -count <= stop <= count
        )
        assert reaches_beyond or not expected


@given(
    st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cs"]), min_size=1),
    st.booleans(),
)
def test_paths_are_reduced_to_file_names_and_other_words_are_kept(name: str, windows: bool):
    folder = "C:\\patients\\doe\\" if windows else "/patients/doe/"
    if name not in (".", ".."):
        assert without_folders(folder + name) == name
        assert without_folders(f"--truth={folder}{name}") == f"--truth={name}"
        assert without_folders(name) == name or "=" in name


def test_weights_are_listed_with_their_terms_and_verified(hermes: Hermes):
    listed = hermes("weights", "list")
    assert listed.code == 0
    assert any("qc-prostate-t2" in line for line in listed.out) and any(
        "patented" in line for line in listed.out
    )
    verified = hermes("weights", "verify")
    assert verified.code == 0 and all(line.endswith("intact") for line in verified.out)
