"""What the number beside a mask is called, by what it is.

A reader must not take agreement with a guide, or a judge's own number, for the quality of a mask:
nobody knows that. Every progress line, table, page and picture takes its words from here. Imports
no network.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from HermesLib.refinement.events import Status


@dataclass(frozen=True)
class ScoreWords:
    """The words of one kind of score (:data:`HermesLib.quality.protocol.ScoreKind`).

    Attributes:
        name: of the number.
        short: the same in one or two words, for narrow places.
        mean: of a mask, what the number is, in one sentence.
        range: what the range beside it is.
        one, several: what a slice, or several, at or above the threshold do.
        caution: one line on what the number is not; empty for an estimate of the true Dice.
    """

    name: str
    short: str
    mean: str
    range: str
    one: str
    several: str
    caution: str = ""

    def counted(self, count: int, threshold: float) -> str:
        """How many slices reached the threshold.

        >>> SCORE_WORDS["agreement"].counted(7, 0.9)
        '7 agree (0.90 or more)'
        """
        return f"{count} {self.several}{f' ({threshold:.2f} or more)' if self.caution else ''}"

    def ended(self, status: Status | str) -> str:
        """How a slice ended."""
        return self.one if status == Status.ACCEPTED else str(status)


_ESTIMATE = ScoreWords(
    name="estimated quality",
    short="quality",
    mean="Estimated Dice of the mask and the unknown truth",
    range="The true Dice is expected in this range",
    one="accepted",
    several="accepted",
)
SCORE_WORDS: dict[str, ScoreWords] = {
    "calibrated": _ESTIMATE,
    "raw": _ESTIMATE,
    "agreement": ScoreWords(
        name="agreement with the guide",
        short="agreement",
        mean="Dice of the mask and the guide",
        range="The agreement with narrower and wider outlines of the guide",
        one="agrees",
        several="agree",
        caution="agreement with the guide is no estimate of the true quality: where the guide is"
        " wrong, a mask that follows it agrees",
    ),
    "judged": ScoreWords(
        name="score of the judge",
        short="judge",
        mean="The judge's own number for the mask",
        range="The judge's own range",
        one="passes",
        several="pass",
        caution="the score of the judge is not calibrated: it is no estimate of the true quality",
    ),
}
#: Of several results whose scores are of different kinds.
MIXED = ScoreWords(
    name="score",
    short="score",
    mean="What the number is differs from row to row",
    range="What the range is differs from row to row",
    one="reaches the threshold",
    several="at the threshold",
    caution="the scores are of different kinds and cannot be compared; not all estimate the true"
    " quality",
)


def score_words(score: str | None) -> ScoreWords:
    """The words of a kind of score; reports of earlier versions name none, or an estimate."""
    return SCORE_WORDS.get(score or "calibrated", MIXED)


def words_of(scores: Collection[str]) -> ScoreWords:
    """The words for several results together.

    >>> words_of(["agreement", "agreement"]).name, words_of(["raw", "judged"]).name
    ('agreement with the guide', 'score')
    """
    found = {score_words(score) for score in scores}
    return MIXED if len(found) > 1 else next(iter(found), _ESTIMATE)


def report_score(report: Mapping[str, Any]) -> str:
    """The kind of score of a ``report.json``."""
    score: str = report["provenance"].get("score") or "calibrated"
    return score
