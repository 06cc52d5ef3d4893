"""Out-of-distribution (OOD) detection: on slices unlike all training slices, trust no score.

The Mahalanobis distance of the image expert's pooled features to those of the training patients
(Lee 2018, "A simple unified framework for detecting out-of-distribution samples"), with a
covariance shrunk towards its diagonal.
"""

import torch
from torch import nn

#: Above this share of unfamiliar slices, the whole volume is.
_UNFAMILIAR_SHARE = 0.5


def of_volume(flags: torch.Tensor) -> torch.Tensor:
    """Which slices (N, bool) of a volume are out of distribution; all of them where most are.

    The image itself is unfamiliar then.
    """
    return flags | (flags.float().mean() > _UNFAMILIAR_SHARE) if len(flags) else flags


def pooled_features(coarse: torch.Tensor) -> torch.Tensor:
    """Mean and deviation (B, 2 c) of the image expert's coarsest map (B, c, s, s)."""
    return torch.cat([coarse.mean((2, 3)), coarse.std((2, 3))], 1)


class MahalanobisDistance(nn.Module):
    """Distances (B,) of pooled features (B, width); above 1 a slice is out of distribution."""

    mean: torch.Tensor
    whitening: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("whitening", torch.eye(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return ((features - self.mean) @ self.whitening).norm(dim=1)

    @torch.no_grad()
    def fit(
        self,
        training: torch.Tensor,
        held_out: torch.Tensor,
        *,
        shrinkage: float = 0.1,
        in_distribution: float = 0.99,
    ) -> None:
        """Fit to the pooled features of slices.

        Args:
            training: (N, width), of training patients; they define mean and covariance.
            held_out: (M, width), of held-out patients; they define which distance is 1.
            shrinkage: weight of the diagonal that is added to the covariance.
            in_distribution: share of the held-out slices with a distance below 1.
        """
        training = training.double()
        centred = training - training.mean(0)
        covariance = centred.T @ centred / (len(training) - 1)
        shrunk = covariance + torch.diag(shrinkage * covariance.diagonal() + 1e-8)
        whitening = torch.linalg.cholesky(torch.linalg.inv(shrunk))
        distances = ((held_out.double() - training.mean(0)) @ whitening).norm(dim=1)
        self.mean.copy_(training.mean(0))
        self.whitening.copy_(whitening / torch.quantile(distances, in_distribution))
