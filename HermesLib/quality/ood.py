"""How far a slice lies from all that the networks were trained on: there, no score is to be trusted.

The Mahalanobis distance of the image expert's pooled features to those of the training patients (Lee 2018, "A simple unified framework
for detecting out-of-distribution samples"), with a covariance that is shrunk towards its diagonal.
"""

import torch
from torch import nn

#: Weight of the diagonal that is added to the covariance.
_SHRINKAGE = 0.1
#: A slice is unfamiliar from the distance on that this share of held-out patients' slices stays below.
KNOWN = 0.99


def pooled_features(coarse: torch.Tensor) -> torch.Tensor:
    """Mean and deviation (B, 2 c) over the places of the image expert's coarsest map (B, c, s, s)."""
    return torch.cat([coarse.mean((2, 3)), coarse.std((2, 3))], 1)


class MahalanobisDistance(nn.Module):
    """Distances of pooled features (B, width), in units of what is just familiar: above 1 a slice is unfamiliar."""

    mean: torch.Tensor
    whitening: torch.Tensor

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("whitening", torch.eye(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return ((features - self.mean) @ self.whitening).norm(dim=1)

    @torch.no_grad()
    def fit(self, training: torch.Tensor, held_out: torch.Tensor) -> None:
        """Learn from features (N, width) of training slices, and from held-out patients' (M, width) what is still familiar."""
        training = training.double()
        centred = training - training.mean(0)
        covariance = centred.T @ centred / (len(training) - 1)
        shrunk = covariance + torch.diag(_SHRINKAGE * covariance.diagonal() + 1e-8)
        whitening = torch.linalg.cholesky(torch.linalg.inv(shrunk))
        limit = torch.quantile(
            ((held_out.double() - training.mean(0)) @ whitening).norm(dim=1), KNOWN
        )
        self.mean.copy_(training.mean(0))
        self.whitening.copy_(whitening / limit)
