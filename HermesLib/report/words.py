"""What the number beside a mask is called, by what it is.

A reader must not take agreement with a guide, or a judge's own number, for the quality of a mask:
nobody knows that, and such scores accept no slice. Every progress line, table, page and picture
takes its words from here. Imports no network.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
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
        below: what a slice below it does.
        caution: one line on what the number is not; empty for an estimate of the true Dice.
    """

    name: str
    short: str
    mean: str
    range: str
    one: str
    several: str
    below: str = Status.STOPPED.value
    caution: str = ""

    def ended(self, status: Status | str, pdsc: float, threshold: float) -> str:
        """How a slice ended. Where nothing is accepted, the threshold still tells slices apart.

        >>> SCORE_WORDS["agreement"].ended("stopped", 0.95, 0.9)
        'agrees'
        """
        if self.caution and status in (Status.ACCEPTED, Status.STOPPED):
            return self.one if pdsc >= threshold else self.below
        return str(status.value if isinstance(status, Status) else status)

    def counts(self, ends: Iterable[tuple[Status | str, float]], threshold: float) -> list[str]:
        """How many slices ended how.

        >>> SCORE_WORDS["agreement"].counts([("stopped", 0.95), ("stopped", 0.5)], 0.9)
        ['1 agree (0.90 or more)', '1 below', '0 absent', '0 failed']
        >>> SCORE_WORDS["raw"].counts([("accepted", 0.95), ("stopped", 0.5)], 0.9)
        ['1 accepted', '1 stopped', '0 absent', '0 failed']

        Args:
            ends: status and score of each slice.
            threshold: of the score.
        """
        counted = Counter(self.ended(status, pdsc, threshold) for status, pdsc in ends)
        reached = f" ({threshold:.2f} or more)" if self.caution else ""
        below = "below" if self.caution else self.below
        return [
            f"{counted[self.one]} {self.several}{reached}",
            f"{counted[self.below]} {below}",
            *(f"{counted[status]} {status}" for status in ("absent", "failed")),
        ]


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
        below="differs",
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
        below="falls short",
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
    below="below the threshold",
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


def report_threshold(report: Mapping[str, Any]) -> float:
    """The threshold of the run that a ``report.json`` is of."""
    threshold: float = report["provenance"]["settings"]["settings"]["threshold"]
    return threshold
