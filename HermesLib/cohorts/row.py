"""One volume in the table of a cohort: how it stands, and what was found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from HermesLib.refinement.events import Status
from HermesLib.report.whole import needs_look
from HermesLib.report.words import report_score, report_threshold, score_words


class State(StrEnum):
    """How a volume stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Row:
    """One volume.

    Attributes:
        name: of the task.
        state: how it stands.
        reason: one line: how far a run is, why a volume failed, what must be known of its input.
        slices: number of slices of the run; 0 before there is a result.
        accepted: slices that reached the threshold and bear no mark.
        agree: slices that reached the threshold of a score that accepts nothing; None for others.
        look: slices that a reader should look at.
        absent: slices without the organ, of which there is no doubt.
        look_first: the indices of those that have another reason than ``uncalibrated``.
        why: how many slices need a look for which reason: a mark's name, ``stopped``, ``failed``,
            or ``uncalibrated``, where a score reached the threshold that accepts nothing.
        quality: the score of the whole (pDSC); None where nothing was found.
        score: what that is (:data:`HermesLib.quality.protocol.ScoreKind`).
        volume_ml: of the result, ml.
        seconds: the run took.
        earlier: the result is of an earlier run with the same inputs.
        notices: what must be known of a finished run, each in one line; ``reason`` has them all.
    """

    name: str
    state: State = State.WAITING
    reason: str = ""
    slices: int = 0
    accepted: int = 0
    agree: int | None = None
    look: int = 0
    absent: int = 0
    look_first: tuple[int, ...] = ()
    why: Mapping[str, int] = field(default_factory=dict)
    quality: float | None = None
    score: str = "calibrated"
    volume_ml: float | None = None
    seconds: float | None = None
    earlier: bool = False
    notices: tuple[str, ...] = ()

    @classmethod
    def of_report(cls, name: str, report: Mapping[str, Any]) -> Self:
        """The row of a finished run.

        Args:
            name: of the task.
            report: the content of its ``report.json``.

        Raises:
            KeyError, TypeError: not a report of this version.
        """
        summary, accepted, absent = report["summary"], 0, 0
        why: dict[str, int] = {}
        look_first = []
        score = report_score(report)
        cautious, agree = bool(score_words(score).caution), 0
        threshold = report_threshold(report) if cautious else 1.0
        for entry in report["slices"]:
            if needs_look(entry["status"], entry["marks"], entry["borderline"]):
                ended = entry["status"]
                if cautious and ended == Status.STOPPED and entry["pdsc"] >= threshold:
                    ended, agree = UNCALIBRATED, agree + 1
                reasons = [*entry["marks"], *([ended] if ended in _ENDS else [])]
                if entry["borderline"] and "borderline" not in reasons:
                    reasons.append("borderline")
                if reasons != [UNCALIBRATED]:
                    look_first.append(entry["index"])
                for reason in reasons:
                    why[reason] = why.get(reason, 0) + 1
            else:
                accepted += entry["status"] == Status.ACCEPTED
                absent += entry["status"] == Status.ABSENT
        slices = len(report["slices"])
        return cls(
            name=name,
            state=State.FINISHED,
            slices=slices,
            accepted=accepted,
            look=slices - accepted - absent,
            agree=agree if cautious else None,
            look_first=tuple(look_first),
            absent=absent,
            why=why,
            quality=summary["whole_pdsc"],
            score=score,
            volume_ml=summary["volume_ml"],
            seconds=summary["seconds"],
        ).noting(
            *(
                notice["message"]
                for notice in report["notices"]
                if notice["kind"] not in _SAID_ONCE
            ),
            *report["provenance"]["fallbacks"],
        )

    def noting(self, *notices: str) -> Self:
        """The same row with notices before those that it has."""
        both = (*notices, *self.notices)
        return replace(self, notices=both, reason="; ".join(both))

    def reason_besides(self, said: Collection[str]) -> str:
        """The reason without the notices that are said elsewhere."""
        if not self.notices:
            return self.reason
        return "; ".join(notice for notice in self.notices if notice not in said)

    @property
    def reached(self) -> int:
        """Slices that were accepted, or reached the threshold of a score that accepts nothing."""
        return self.accepted if self.agree is None else self.agree

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the volume."""
        return self.state not in (State.WAITING, State.RUNNING)

    def in_state(self, state: State, reason: str = "") -> "Row":
        """The same row in another state."""
        return replace(self, state=state, reason=" ".join(reason.split()))


#: Notices of what a score is not: tables say it once, below or above all rows.
_SAID_ONCE = ("agreement", "uncalibrated-judge")
#: Why a slice needs a look whose score reached the threshold and accepts nothing.
UNCALIBRATED = "uncalibrated"
#: Ends of a slice that are reasons to look at it.
_ENDS = (Status.STOPPED.value, Status.FAILED.value, UNCALIBRATED)
