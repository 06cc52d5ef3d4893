"""The weights of a QC core with an ensemble, from the weights of its parts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.context import ContextConfig
from HermesLib.quality.network.ensemble import EnsembleConfig
from HermesLib.quality.network.member import MemberConfig
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

#: Begins the names of an ensemble's tensors in the weights of a QC core.
_PREFIX = "ensemble."


def load_core(path: Path) -> Checkpoint:
    """The weights of a QC core that an ensemble can join.

    Raises:
        HermesError: weights of something else, or of an ensemble alone.
    """
    core = load_checkpoint(path)
    if core.kind != "quality" or not QualityConfig.from_dict(core.config).generative:
        raise HermesError(f"{path.name} holds no QC core with latent diffusion to join")
    return core


def assemble(
    output: Path,
    members: Sequence[Checkpoint],
    contexts: Sequence[Checkpoint],
    core: Checkpoint | None,
    record: dict[str, Any],
    expert_in_map: float = 0.0,
) -> None:
    """Write the weights of a QC core with an ensemble.

    Args:
        output: the file.
        members, contexts: one each for every fold; without context networks for all folds, the
            ensemble has none.
        core: the weights that the ensemble joins, in place of an ensemble that they may have; None
            for an ensemble alone.
        record: of the training.
        expert_in_map: share of the core's image expert in the organ map.
    """
    if len(contexts) != len(members):
        contexts = ()
    ensemble = EnsembleConfig(
        MemberConfig.from_dict(members[0].config),
        len(members),
        ContextConfig.from_dict(contexts[0].config) if contexts else None,
    )
    tensors = {}
    if core is not None:
        tensors = {n: t for n, t in core.tensors.items() if not n.startswith(_PREFIX)}
    for kind, parts in (("members", members), ("contexts", contexts)):
        for fold, part in enumerate(parts):
            tensors |= {f"{_PREFIX}{kind}.{fold}.{n}": t for n, t in part.tensors.items()}
    training = {
        **record,
        "parts": {
            "members": [part.sha256 for part in members],
            "contexts": [part.sha256 for part in contexts],
        },
    }
    # The organ map of the ensemble is the pGT: the sample's share is chosen afterwards.
    if core is None:
        config = QualityConfig(generative=False, expert_share=1.0, ensemble=ensemble)
    else:
        # What was fitted with the core's own organ map does not hold for the ensemble's.
        config = replace(
            QualityConfig.from_dict(core.config),
            ensemble=ensemble,
            expert_share=1.0,
            through_plane=0.0,
            expert_in_map=expert_in_map,
            calibration=None,
            evidence=None,
            evidence_without=(),
        )
        training["core"] = {"sha256": core.sha256, "training": core.training}
    save_checkpoint(output, tensors, "quality", config.to_dict(), training)
