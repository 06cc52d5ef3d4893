"""Writes a run into its nodes of the scene, part by part, so that nobody has to wait for it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from HermesSegmentLib.run_nodes import RunNodes

#: The sequences' roles, which are those of their proxies.
SEQUENCES = ("mask", "pgt")


class RunWriter:
    """What of a run is still to be written: items of its sequences, and its record.

    Attributes:
        outdated: numbers of the items that lack iterations.
        record_outdated: whether the record is to be written.
        asked: whether items are to be written although the run goes on.
    """

    def __init__(self, run: "RunNodes") -> None:
        self._run = run
        self.outdated: set[int] = set()
        self.record_outdated = False
        self.asked = False

    @property
    def prepared(self) -> bool:
        """Whether the sequences have an item for every iteration, so that it can be shown."""
        run = self._run
        return not run.alive or all(run.sequence(role).count >= run.count for role in SEQUENCES)

    def prepare_part(self) -> None:
        """Add one empty item to the sequences."""
        for role in SEQUENCES:
            items = self._run.sequence(role)
            items.extend(min(items.count + 1, self._run.count))

    @property
    def done(self) -> bool:
        """Whether the items of the sequences hold all iterations, and the record is written."""
        return not self._run.alive or not (self.outdated or self.record_outdated)

    def write(self) -> None:
        """Write everything."""
        self.record_outdated = True
        while not self.done:
            self.write_part()

    def write_record(self) -> None:
        """Write the record."""
        self.record_outdated = False
        self._run.node.SetText(self._run.record.to_json())

    def write_soon(self) -> None:
        """Write the record now, and let :meth:`write_part` write the items."""
        self.write_record()
        self.asked = bool(self.outdated)

    def write_part(self) -> None:
        """Write the record, or one item that lacks iterations, if need be."""
        if self.done:
            return
        if self.record_outdated:
            self.write_record()
            return
        run, number = self._run, min(self.outdated)
        self.outdated.remove(number)
        self.asked = self.asked and bool(self.outdated)
        refined = run.refined_at(number)
        for role in SEQUENCES:
            masks = {index: getattr(step, role) for index, step in refined.items()}
            run.sequence(role).write(number, masks, run.frame)
