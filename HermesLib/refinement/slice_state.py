"""The state of one slice while it is refined."""

from dataclasses import dataclass

import numpy as np

from HermesLib.models.protocol import Embedding, Memory
from HermesLib.prompts.types import Prompt
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Status
from HermesLib.refinement.stopping import StoppingRule


@dataclass
class SliceState:
    """The state of one slice.

    Attributes:
        position: among the slices of the call.
        index: in the volume.
        stopping: when it is finished.
        iteration: that comes next.
        observation: of this slice alone, on the device; None while the slice waits.
        embedding: of this slice alone; None until the model is needed.
        prompt, memory, mask, pgt: of the last iteration.
        previous: the memory that went into it.
        own_score: the model's own estimate of the mask; None if it gives none.
        status: how it ended; None while it is being refined.
        present: probability that it shows the organ.
    """

    position: int
    index: int
    stopping: StoppingRule
    iteration: int = 0
    observation: Observation | None = None
    embedding: Embedding | None = None
    prompt: Prompt | None = None
    memory: Memory = None
    previous: Memory = None
    own_score: float | None = None
    mask: np.ndarray | None = None
    pgt: np.ndarray | None = None
    status: Status | None = None
    present: float = 1.0
