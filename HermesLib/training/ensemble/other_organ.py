"""Start the networks of an ensemble from those of another organ of the same modality.

They know the surroundings already, and perhaps the organ itself as one of the other organs that
they map. Trained weights are split by patient: whoever trained the earlier networks keeps the fold,
so that no network judges a patient that it has seen in either training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.registry import quality_weights
from HermesLib.training.ensemble.folds import Folds
from HermesLib.weights.checkpoint import Checkpoint

_MEMBERS, _CONTEXTS = "ensemble.members", "ensemble.contexts"
#: Names of the parameters whose rows are maps of organs end with these.
_MAPS = ("to_maps", "weight"), ("to_maps", "bias")


@dataclass(frozen=True, eq=False)
class OtherOrgan:
    """The ensemble that another one starts from.

    Attributes:
        name: of its weights.
        organ: its label.
        checkpoint: its weights.
        folds: the patients that its networks were trained without.
    """

    name: str
    organ: str
    checkpoint: Checkpoint
    folds: Folds

    @classmethod
    def load(cls, other: Preset, modality: str) -> "OtherOrgan":
        """The ensemble of a preset.

        Raises:
            HermesError: another modality, or weights without an ensemble.
        """
        if other.modality != modality:
            raise HermesError(
                f"{other.name} is for {other.modality}, but the data are {modality}; start from "
                "an organ of the same modality"
            )
        _, name, checkpoint = quality_weights("diffusion", other)
        if not checkpoint.config.get("ensemble") or "folds" not in checkpoint.training:
            raise HermesError(f"{name} has no ensemble to start from")
        folds = Folds.from_plain(checkpoint.training["folds"])
        return cls(name, other.organ_label, checkpoint, folds)

    def known_folds(self, patients: Sequence[str], count: int) -> dict[str, int]:
        """The folds that those of some patients keep who trained the earlier networks.

        Raises:
            HermesError: another number of folds.
        """
        if count != len(self.folds):
            raise HermesError(
                f"{self.name} has {len(self.folds)} folds, not {count}; its networks start as many"
            )
        known = {patient: self.folds.fold_of(patient) for patient in patients}
        return {patient: fold for patient, fold in known.items() if fold is not None}

    def check_folds(self, folds: Folds) -> None:
        """Refuse folds in which a network would judge a patient that it has seen.

        Raises:
            HermesError: as said.
        """
        for patient, fold in self.known_folds(folds.everyone, len(folds)).items():
            if folds.fold_of(patient) != fold:
                raise HermesError(
                    f"{patient} trained {self.name} and was in its fold {fold}; networks that "
                    "start from it need the patient in the same fold"
                )

    def start_member(self, network: nn.Module, fold: int, organ: str, others: Sequence[str]) -> int:
        """Take the weights of a member; returns how many tensors of it were taken.

        Args:
            network: a new member.
            fold: which member.
            organ, others: what the new network maps.
        """
        earlier = ["", self.organ, *self.checkpoint.config["ensemble"]["member"]["others"]]
        # Both maps of the new organ start from the earlier one's map of it.
        return self._start(network, f"{_MEMBERS}.{fold}.", [organ, organ, *others], earlier)

    def start_context(
        self, network: nn.Module, fold: int, organ: str, others: Sequence[str]
    ) -> int:
        """Take the weights of a context network, as :meth:`start_member`."""
        context = self.checkpoint.config["ensemble"].get("context")
        if context is None:
            return 0
        earlier = [self.organ, *context["others"]]
        return self._start(network, f"{_CONTEXTS}.{fold}.", [organ, *others], earlier)

    def record(self) -> dict[str, Any]:
        """What a checkpoint says of the start."""
        return {"weights": self.name, "organ": self.organ, "sha256": self.checkpoint.sha256}

    @torch.no_grad()
    def _start(
        self, network: nn.Module, prefix: str, names: Sequence[str], earlier: Sequence[str]
    ) -> int:
        tensors = {
            name.removeprefix(prefix): value
            for name, value in self.checkpoint.tensors.items()
            if name.startswith(prefix)
        }
        taken = 0
        for name, own in network.state_dict().items():
            value = tensors.get(name)
            if value is None:
                continue
            if _maps_organs(name):
                taken += _copy_rows(own, value, names, earlier)
            elif own.shape == value.shape:
                own.copy_(value)
                taken += 1
        return taken


def _maps_organs(name: str) -> bool:
    parts = name.split(".")
    return (parts[0], parts[-1]) in _MAPS


def _copy_rows(
    own: torch.Tensor, value: torch.Tensor, names: Sequence[str], earlier: Sequence[str]
) -> int:
    """Copy the channels of organs that both map; the others stay as they were drawn.

    Every organ has the same number of neighbouring channels. Returns whether any were copied.
    """
    rows = {name: row for row, name in enumerate(earlier)}
    mine = own.unflatten(0, (len(names), -1))
    theirs = value.unflatten(0, (len(earlier), -1))
    if mine.shape[1:] != theirs.shape[1:]:
        return 0
    known = [(row, rows[name]) for row, name in enumerate(names) if name in rows]
    for row, from_row in known:
        mine[row].copy_(theirs[from_row])
    return int(bool(known))
