"""Agreement with a guide, and a judge's own number, are never called the quality of a mask."""

from typing import get_args

from HermesLib.quality.protocol import ScoreKind
from HermesLib.refinement.events import Status
from HermesLib.report.words import MIXED, SCORE_WORDS, score_words, words_of


def test_every_kind_of_score_has_its_words_and_only_estimates_are_called_quality():
    assert set(SCORE_WORDS) == set(get_args(ScoreKind))
    for kind, words in SCORE_WORDS.items():
        estimate = kind in ("raw", "calibrated")
        assert ("quality" in f"{words.name} {words.short}") is estimate
        assert ("accepted" in (words.one, words.several)) is estimate
        assert (words.ended("stopped", 0.95, 0.9) == "stopped") is estimate
        assert ("no estimate of the true quality" in words.caution) is not estimate


def test_reached_slices_agree_with_the_guide_from_the_threshold_on():
    agreement = score_words("agreement")
    ends = [(Status.STOPPED, 0.95), (Status.STOPPED, 0.9), ("stopped", 0.89), ("absent", 1.0)]
    counts = agreement.counts(ends, 0.9)
    assert counts == ["2 agree (0.90 or more)", "1 below", "1 absent", "0 failed"]
    assert [agreement.ended(*end, 0.9) for end in ends] == ["agrees", "agrees", "differs", "absent"]
    # An estimate that reached the threshold and is not trusted was stopped all the same.
    assert score_words("calibrated").counts(ends, 0.9)[:2] == ["0 accepted", "3 stopped"]


def test_scores_of_several_kinds_are_not_compared():
    assert words_of(["calibrated", "agreement"]) is MIXED
    assert words_of(["calibrated", "raw"]) is score_words(None)
    assert score_words("of a later version") is MIXED
