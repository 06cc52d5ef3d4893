"""What a member of the ensemble learns: the organ, other organs, and whether the organ is there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.member import EnsembleMember, MemberConfig, MemberReading
from HermesLib.training.losses import dice_cross_entropy, mean_over


@dataclass(frozen=True)
class MemberLoss:
    """Weight of each task.

    ``where`` is the map of the organ on slices that show it, ``organ`` the map on all slices.
    """

    where: float = 0.5
    organ: float = 1.0
    others: float = 0.3
    presence: float = 0.2


class MemberObjective:
    """See :class:`HermesLib.training.trainer.Objective`."""

    kind = "ensemble-member"

    def __init__(self, config: MemberConfig, loss: MemberLoss = MemberLoss()) -> None:
        self.network: nn.Module = EnsembleMember(config)
        self.side = config.grid
        self._config = config
        self._loss = loss

    def config(self) -> dict[str, Any]:
        """The member's settings."""
        return self._config.to_dict()

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """The weighted sum of all tasks' losses; targets as of the sampler."""
        reading: MemberReading = network(images)
        organ = masks[:, :1]
        present = (organ.sum((1, 2, 3)) > 0).float()
        weights = self._loss
        loss = weights.where * mean_over(dice_cross_entropy(reading.where, organ), present)
        loss = loss + weights.organ * dice_cross_entropy(reading.organ, organ).mean()
        presence = functional.binary_cross_entropy_with_logits(reading.presence.float(), present)
        loss = loss + weights.presence * presence
        if masks.shape[1] > 1:
            targets = masks[:, 1:].flatten(0, 1)[:, None]
            known = (targets.flatten(1)[:, 0] >= 0).float()
            logits = reading.others.flatten(0, 1)[:, None]
            losses = dice_cross_entropy(logits, targets.clamp(min=0))
            loss = loss + weights.others * mean_over(losses, known)
        return loss

    @torch.no_grad()
    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice on the slices with the organ, and how often presence is right."""
        parts = [network(images[k : k + 16]) for k in range(0, len(images), 16)]
        where = torch.cat([part.where for part in parts])[:, 0]
        presence = torch.cat([part.presence for part in parts])
        organ = masks[:, 0] > 0.5
        present = organ.flatten(1).any(1)
        dice = dice_batch(organ[present], where[present] > 0)
        right = ((presence > 0) == present).float()
        return {"dice": float(dice.mean()), "presence": float(right.mean())}
