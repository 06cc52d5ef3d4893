"""When a slice is done: accepted, or given up."""

from dataclasses import dataclass

from HermesLib.refinement.events import Status
from HermesLib.refinement.settings import RefinementSettings


@dataclass
class StoppingRule:
    """How the pDSC of one slice goes: which iteration has the best one so far."""

    settings: RefinementSettings
    best_pdsc: float = -1.0
    best_index: int = 0

    def after(self, index: int, pdsc: float, ceiling: float = 1.0) -> Status | None:
        """Accepted or stopped after iteration ``index``; None if the loop goes on. ``ceiling``: the highest pDSC any mask could get."""
        settings = self.settings
        if pdsc > self.best_pdsc + settings.min_improvement:
            self.best_pdsc, self.best_index = pdsc, index
        if pdsc >= settings.threshold:
            return Status.ACCEPTED
        patience = (
            settings.patience
            if ceiling >= settings.threshold
            else min(settings.patience, settings.hopeless_patience)
        )
        if index >= settings.max_iterations or index - self.best_index >= patience:
            return Status.STOPPED
        return None
