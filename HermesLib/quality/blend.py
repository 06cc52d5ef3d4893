"""How a pGT is composed: of samples of the latent diffusion and of the image expert's organ map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Blend:
    """Weights of the organ map in the pGT.

    Attributes:
        expert_share: share of the organ map in the pGT's probability, 0..1; the rest is sampled.
        through_plane: share of each neighbouring slice's log odds in the organ map, 0..0.5. Above
            0, the sampling is conditioned on that map too.
    """

    expert_share: float
    through_plane: float

    def __str__(self) -> str:
        return f"{self.expert_share:g}" + (" with neighbours" if self.through_plane else "")
