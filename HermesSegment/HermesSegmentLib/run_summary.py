"""The result of a run at a glance."""

from collections import Counter

from slicer.i18n import tr as _

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import SliceRecord

_ML = 1e-3
_BRIEF = {
    Mark.NOT_FOUND: _("organ not found"),
    Mark.UNFAMILIAR: _("unlike the training patients"),
    Mark.BORDERLINE: _("organ uncertain"),
    Mark.ABRUPT_END: _("abrupt end"),
    Mark.JUMP: _("jump"),
    Mark.GAP: _("gap"),
}


def volume_ml(run: RunNodes, pixels: int) -> float:
    """The volume of a number of pixels, ml."""
    slices, rows, columns = run.frame.spacing
    return pixels * slices * rows * columns * _ML


def whole_quality(run: RunNodes) -> float | None:
    """The estimated Dice of the whole volume; None without a mask.

    The Dice of a volume is the mean of its slices', weighted by the pixels of both masks; the
    expected outline stands for the unknown true one.
    """
    total = weighted = 0.0
    for entry in _with_mask(run):
        mask, expected = run.pixels(entry.index, entry.best)
        total += mask + expected
        weighted += (mask + expected) * entry.iterations[entry.best].pdsc
    return weighted / total if total else None


def summary(run: RunNodes) -> str:
    """Volume, quality of the whole, and which slices need a look and why, in two lines."""
    found = sum(run.pixels(entry.index, entry.best)[0] for entry in _with_mask(run))
    parts = [_("<b>{ml:.1f} ml</b> found").format(ml=volume_ml(run, found))]
    quality = whole_quality(run)
    if quality is not None:
        parts.append(_("estimated quality of the whole <b>{value:.2f}</b>").format(value=quality))
    return f"{', '.join(parts)}<br>{_looks(run)}"


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
        elif entry.status is Status.STOPPED:
            why[_("below {threshold:.2f}").format(threshold=run.record.threshold)] += 1
        marks = {*entry.marks, *([Mark.BORDERLINE] if entry.borderline else [])}
        why.update(_BRIEF[mark] for mark in marks)
    text = ", ".join(f"{count} {words}" for words, count in why.most_common())
    return _("<b>{waiting}</b> of {count} slices need a look: {why}").format(
        waiting=len(waiting), count=len(run.record.slices), why=text
    )


def _with_mask(run: RunNodes) -> list[SliceRecord]:
    """The slices whose results may show the organ."""
    return [
        entry
        for entry in run.record.slices.values()
        if entry.iterations and entry.status not in (Status.ABSENT, Status.FAILED)
    ]
