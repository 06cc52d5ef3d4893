"""When a slice is finished: accepted, or given up."""

from dataclasses import dataclass

from HermesLib.refinement.events import Status
from HermesLib.refinement.settings import RefinementSettings


@dataclass
class StoppingRule:
    """Decides after each iteration of one slice whether it is finished.

    Attributes:
        settings: threshold and patience.
        trusted: whether the slice's scores can be trusted. A slice that looks unlike all training
            patients ends at the threshold as any other, but stopped: it is never accepted.
        best_pdsc, best_index: of the last iteration that improved the pDSC by more than the least
            improvement.
    """

    settings: RefinementSettings
    trusted: bool = True
    best_pdsc: float = -1.0
    best_index: int = 0

    def after(self, index: int, pdsc: float, ceiling: float = 1.0) -> Status | None:
        """Accepted or stopped after iteration ``index``; None if the loop goes on.

        Args:
            index: 0, 1, 2 and so on.
            pdsc: of that iteration.
            ceiling: the highest pDSC that any mask of the slice could get.
        """
        settings = self.settings
        if pdsc > self.best_pdsc + settings.min_improvement:
            self.best_pdsc = pdsc
            self.best_index = index
        if pdsc >= settings.threshold:
            return Status.ACCEPTED if self.trusted else Status.STOPPED
        patience = settings.patience
        if ceiling < settings.threshold:
            patience = min(patience, settings.hopeless_patience)
        if index >= settings.max_iterations or index - self.best_index >= patience:
            return Status.STOPPED
        return None
