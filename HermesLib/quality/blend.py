"""How a pGT is composed: of samples of the latent diffusion and of an organ map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Blend:
    """Weights of the organ map in the pGT.

    Attributes:
        expert_share: share of the organ map in the pGT's probability, 0..1; the rest is sampled.
        through_plane: share of each neighbouring slice's log odds in the image expert's organ map,
            0..0.5. Above 0, the sampling is conditioned on the organ map too.
        expert_in_map: share of the image expert in the organ map where there is an ensemble, whose
            members have the rest.
    """

    expert_share: float
    through_plane: float
    expert_in_map: float = 0.0

    def __str__(self) -> str:
        joined = f", {self.expert_in_map:g} of it by the expert" if self.expert_in_map else ""
        return (
            f"{self.expert_share:g}" + (" with neighbours" if self.through_plane else "") + joined
        )
