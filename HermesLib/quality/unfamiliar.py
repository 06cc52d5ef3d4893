"""Which slices look unlike all training slices, by every network of a core that can tell."""

from collections.abc import Sequence

import torch

from HermesLib.notices import notice
from HermesLib.quality.findings import SliceFindings
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.ood import of_volume, pooled_features
from HermesLib.quality.saturation import saturated_slices
from HermesLib.quality.slice_reading import read_features


def unfamiliar_slices(
    core: QualityCore,
    images: torch.Tensor,
    findings: Sequence[SliceFindings],
    members: Sequence[int],
) -> torch.Tensor | None:
    """Which slices (B,) of a volume look unlike all training slices; None if nothing can tell.

    All do where most do, and where left and right of the volume seem to be exchanged. Slices that
    are cut off at the upper end of the range do, whatever the networks say.

    Args:
        core: the networks.
        images: (B, C, H, W) in 0..1.
        findings: of the slices.
        members: which members of the ensemble and of the input check are asked.
    """
    verdicts = []
    if core.config.generative and core.familiarity is not None:
        own = [item.readings.own for item in findings]
        read_features(own)
        distances = [core.familiarity(pooled_features(item.coarse)) for item in own]
        verdicts.append(_joined(distances) > 1)
    if core.input_check is not None:
        verdicts.append(core.input_check.unfamiliar(images, members))
        if _sides_exchanged(core, images, members):
            verdicts.append(torch.ones(len(images), dtype=torch.bool))
    saturated = saturated_slices(images)
    if saturated.any():
        verdicts.append(saturated)
    return of_volume(torch.stack(verdicts).any(0)) if verdicts else None


def _sides_exchanged(core: QualityCore, images: torch.Tensor, members: Sequence[int]) -> bool:
    """Whether left and right of a volume are exchanged, for an organ of one side."""
    ensemble = core.config.ensemble
    either_side = core.config.mirror or (ensemble is not None and ensemble.member.mirror)
    if core.input_check is None or either_side:
        return False
    if not core.input_check.is_mirrored(images, members):
        return False
    notice(
        "sides-exchanged",
        "left and right of the image seem to be exchanged; none of its slices is accepted",
    )
    return True


def _joined(values: list[torch.Tensor]) -> torch.Tensor:
    """Values (1,) of slices as one tensor (B,) on the CPU."""
    return torch.cat(values).cpu() if values else torch.zeros(0)
