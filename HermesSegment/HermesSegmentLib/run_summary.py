"""The result of a run at a glance."""

import math
from collections import Counter

from slicer.i18n import tr as _

from HermesLib.metrics.whole import whole_quality
from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesLib.report.whole import millilitres
from HermesLib.report.words import score_words
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import SliceRecord

#: Why a slice needs a look, in two or three words, by mark.
BRIEF = {
    Mark.NOT_FOUND: _("organ not found"),
    Mark.UNFAMILIAR: _("unlike the training patients"),
    Mark.BORDERLINE: _("organ uncertain"),
    Mark.ABRUPT_END: _("abrupt end"),
    Mark.JUMP: _("jump"),
    Mark.GAP: _("gap"),
}


def quality_of(run: RunNodes) -> float | None:
    """The score of the whole volume (pDSC); None without a mask."""
    return whole_quality(
        (*run.pixels(entry.index, entry.best), entry.iterations[entry.best].pdsc)
        for entry in _tried(run)
    )


def summary(run: RunNodes) -> str:
    """Volume, score of the whole, which slices need a look and why, and what the score is not."""
    found = sum(run.pixels(entry.index, entry.best)[0] for entry in _tried(run))
    size = millilitres(found, math.prod(run.frame.spacing))
    parts = [_("<b>{ml:.1f} ml</b> found").format(ml=size)]
    quality, words = quality_of(run), score_words(run.record.score)
    if quality is not None:
        whole = _("{name} of the whole <b>{value:.2f}</b>")
        parts.append(whole.format(name=library_word(words.name), value=quality))
    caution = f"<br><i>{library_word(words.caution)}</i>" if words.caution else ""
    return f"{', '.join(parts)}<br>{_looks(run)}{caution}"


def _looks(run: RunNodes) -> str:
    slices = run.record.slices.values()
    waiting = [entry for entry in slices if entry.needs_review]
    if any(entry.status is None for entry in slices):
        done = sum(entry.status is not None for entry in slices)
        return _("{done} of {count} slices finished").format(done=done, count=len(slices))
    if not waiting:
        return _("No slice waits for a look")
    why: Counter[str] = Counter()
    for entry in waiting:
        if entry.status is Status.FAILED:
            why[_("failed")] += 1
        elif entry.status is Status.STOPPED and entry.reaches(run.record.threshold):
            why[_("with a score that accepts nothing")] += not entry.is_marked
        elif entry.status is Status.STOPPED:
            why[_("below {threshold:.2f}").format(threshold=run.record.threshold)] += 1
        marks = {*entry.marks, *([Mark.BORDERLINE] if entry.borderline else [])}
        why.update(BRIEF[mark] for mark in marks)
    text = ", ".join(f"{count} {words}" for words, count in why.most_common() if count)
    return _("<b>{waiting}</b> of {count} slices need a look: {why}").format(
        waiting=len(waiting), count=len(run.record.slices), why=text
    )


def _tried(run: RunNodes) -> list[SliceRecord]:
    return [entry for entry in run.record.slices.values() if entry.iterations]
