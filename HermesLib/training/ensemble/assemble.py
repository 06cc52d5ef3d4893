"""The weights of a QC core with an ensemble, from the weights of its parts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.context import ContextConfig
from HermesLib.quality.network.ensemble import EnsembleConfig
from HermesLib.quality.network.input_check import InputCheckConfig
from HermesLib.quality.network.member import MemberConfig
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

#: Begin the names of an ensemble's tensors and of an input check's in the weights of a QC core.
_PREFIX = "ensemble."
_CHECK_PREFIX = "input_check."


def load_core(path: Path) -> Checkpoint:
    """The weights of a QC core that an ensemble can join.

    Raises:
        HermesError: weights of something else, or of an ensemble alone.
    """
    core = load_checkpoint(path)
    if core.kind != "quality" or not QualityConfig.from_dict(core.config).generative:
        raise HermesError(f"{path.name} holds no QC core with latent diffusion to join")
    return core


def load_check(path: Path) -> Checkpoint:
    """The weights of an input check.

    Raises:
        HermesError: weights of something else.
    """
    check = load_checkpoint(path)
    if check.kind != "input-check":
        raise HermesError(f"{path.name} holds no input check")
    return check


def assemble(
    output: Path,
    members: Sequence[Checkpoint],
    contexts: Sequence[Checkpoint],
    core: Checkpoint | None,
    record: dict[str, Any],
    expert_in_map: float = 0.0,
    input_check: Checkpoint | None = None,
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
        input_check: weights of an input check of the same folds; None for none.

    Raises:
        HermesError: an input check of other folds.
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
        replaced = (_PREFIX, _CHECK_PREFIX)
        tensors = {n: t for n, t in core.tensors.items() if not n.startswith(replaced)}
    for kind, parts in (("members", members), ("contexts", contexts)):
        for fold, part in enumerate(parts):
            tensors |= {f"{_PREFIX}{kind}.{fold}.{n}": t for n, t in part.tensors.items()}
    training: dict[str, Any] = {
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
            input_check=None,
        )
        training["core"] = {"sha256": core.sha256, "training": core.training}
    if input_check is not None:
        if input_check.training.get("folds") != record.get("folds"):
            raise HermesError("the input check has other folds than the ensemble; train it on them")
        config = replace(config, input_check=InputCheckConfig.from_dict(input_check.config))
        tensors |= input_check.tensors
        training["parts"]["input_check"] = input_check.sha256
        training["input_check"] = input_check.training["figures"]
    save_checkpoint(output, tensors, "quality", config.to_dict(), training)
