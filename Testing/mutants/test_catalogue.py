"""The catalogue of faults fits the code as it is."""

import ast
from collections import Counter

import pytest

from Testing.mutants.catalogue import ROOT, read_catalogue

MUTANTS = read_catalogue()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.fault for mutant in MUTANTS])
def test_a_fault_changes_exactly_one_place_and_leaves_valid_python(mutant):
    code = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert code.count(mutant.old) == 1
    assert mutant.new != mutant.old
    ast.parse(code.replace(mutant.old, mutant.new))
    assert all((ROOT / path).exists() for path in mutant.tests)


def test_there_are_at_least_sixty_faults_over_loop_prompts_score_report_and_files():
    packages = Counter(mutant.package for mutant in MUTANTS)
    assert sum(packages.values()) >= 60
    assert set(packages) >= {"refinement", "prompts", "quality", "report"}
