"""A small network that tells whether slices are what a preset was made for.

It is trained with outlier exposure (Hendrycks 2019, "Deep anomaly detection with outlier exposure")
on right slices and on kinds of wrong ones. It knows nothing of the organ.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from HermesLib.errors import HermesError
from HermesLib.io.neighbours import own_slice
from HermesLib.networks.blocks import ResidualBlock
from HermesLib.networks.one_thread_each import one_thread_each
from HermesLib.quality.field_of_view import find_windows, to_grid
from HermesLib.weights.checkpoint import load_checkpoint
from HermesLib.weights.settings import (
    Count,
    Levels,
    LogOdds,
    Share,
    Side,
    View,
    checked,
    read_settings,
)

#: Slices that are compared with their mirror images: so many, evenly spread, and no fewer than the
#: least. On lone slices the comparison errs: out of fold, 7 of 69 upright ones looked mirrored.
_COMPARED, _LEAST = 8, 5
#: By this much the mirror images must be more like the training patients, in log odds. Out of fold,
#: of 30 abdominal CTs the right way round was better by 1.5 to 4.6 in every one.
_MIRROR_MARGIN = 1.0
#: Log odds beyond this count no more in a volume's mean: one slice must not decide for all.
_CLIP = 8.0


@checked
@dataclass(frozen=True)
class InputCheckConfig:
    """Sizes of the networks, and how their answers are used.

    Attributes:
        field: what of a slice is read, as in :func:`HermesLib.quality.field_of_view.find_windows`.
        grid: side of the networks' square, pixels.
        channels: of the levels; each halves the resolution, and each is a multiple of 8.
        members: networks, each trained without one fold of the patients.
        volume_share: weight of the mean over the volume's slices; the rest is the slice's own.
        threshold: log odds below which a slice is unfamiliar.
    """

    field: View = "slice"
    grid: Side = 96
    channels: Levels = (16, 24, 32, 48, 64)
    members: Count = 1
    volume_share: Share = 0.5
    threshold: LogOdds = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "InputCheckConfig":
        """Read :meth:`to_dict`.

        Raises:
            HermesError: settings that this version does not know.
        """
        return read_settings(cls, raw)


class InputNetwork(nn.Module):
    """Log odds (B,) that squares (B, 1, S, S) of 0..1 show what the preset was made for."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels[0], 5, stride=2, padding=2)
        self.levels = nn.ModuleList(
            ResidualBlock(inputs, outputs) for inputs, outputs in pairwise(channels)
        )
        self.head = nn.Linear(2 * channels[-1], 1)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        axis = torch.linspace(-1, 1, squares.shape[-1], device=squares.device)
        places = torch.stack(torch.meshgrid(axis, axis, indexing="ij"))
        # Where something lies is what tells a turned slice from an upright one.
        features = self.stem(
            torch.cat([squares * 2 - 1, places.expand(len(squares), -1, -1, -1)], 1)
        )
        for level in self.levels:
            features = level(functional.avg_pool2d(features, 2))
        features = functional.silu(features)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return self.head(pooled)[:, 0]


def _at_once(device: torch.device) -> int:
    """How many slices each network reads in one call."""
    return 1 if device.type == "cpu" else 16


def volume_evidence(log_odds: torch.Tensor, share: float) -> torch.Tensor:
    """Log odds (B,) of a volume's slices, each joined with the mean over all of them.

    Args:
        log_odds: (B,), all slices of one volume, or one slice.
        share: weight of the mean.
    """
    clipped = log_odds.clamp(-_CLIP, _CLIP)
    return clipped if not len(clipped) else clipped.lerp(clipped.mean(), share)


class InputCheck(nn.Module):
    """The networks of all folds, with the threshold that was found out of fold."""

    def __init__(self, config: InputCheckConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(InputNetwork(config.channels) for _ in range(config.members))

    @torch.inference_mode()
    def log_odds(self, images: torch.Tensor, members: Sequence[int] = ()) -> torch.Tensor:
        """Log odds (B,) of slices, each by itself, on the CPU.

        Args:
            images: (B, C, H, W) in 0..1, each slice in the middle of its neighbours.
            members: which networks are asked; all by default.
        """
        networks = [self.members[k] for k in members] if members else list(self.members)
        device = next(self.parameters()).device
        # One by one on a CPU: sums of another size add up in another order, and gain little there.
        at_once = _at_once(device)
        parts = (images[row : row + at_once] for row in range(0, len(images), at_once))
        calls = (partial(self._log_odds_together, part, networks) for part in parts)
        answers = one_thread_each(calls, device)
        return torch.cat([torch.zeros(0), *answers])

    def _log_odds_together(self, images: torch.Tensor, networks: list[nn.Module]) -> torch.Tensor:
        """Log odds (B,) of slices (B, C, H, W), the networks' mean, on the CPU."""
        own = own_slice(images).float()
        square = to_grid(own, find_windows(own, self.config.field), self.config.grid)
        square = square.to(next(self.parameters()).device)
        return torch.stack([network(square) for network in networks]).mean(0).cpu()

    def is_mirrored(self, images: torch.Tensor, members: Sequence[int] = ()) -> bool:
        """Whether a volume looks clearly more like the training patients with its sides exchanged.

        Ask this of one-sided organs only: others look the same. False for fewer than five slices.

        Args:
            images: (B, C, H, W) in 0..1, all slices of one volume.
            members: as in :meth:`log_odds`.
        """
        if len(images) < _LEAST:
            return False
        chosen = torch.linspace(0, len(images) - 1, min(len(images), _COMPARED)).round().long()
        given = images[chosen.to(images.device)]
        gain = [
            self.log_odds(slices, members).clamp(-_CLIP, _CLIP).mean()
            for slices in (given, given.flip(-1))
        ]
        return bool(gain[1] - gain[0] > _MIRROR_MARGIN)

    def unfamiliar(self, images: torch.Tensor, members: Sequence[int] = ()) -> torch.Tensor:
        """Which slices (B,) of a volume, or of one slice, are not what the preset was made for.

        Args:
            images: (B, C, H, W) in 0..1, all slices of one volume.
            members: as in :meth:`log_odds`.
        """
        evidence = volume_evidence(self.log_odds(images, members), self.config.volume_share)
        return evidence < self.config.threshold


def load_input_check(path: Path) -> tuple[InputCheck, tuple[tuple[str, ...], ...]]:
    """An input check from its own weight file, and the patients of each of its folds.

    Raises:
        HermesError: another file.
    """
    checkpoint = load_checkpoint(path)
    if checkpoint.kind != "input-check":
        raise HermesError(f"{path.name} holds no input check")
    check = InputCheck(InputCheckConfig.from_dict(checkpoint.config))
    prefix = "input_check."
    check.load_state_dict(
        {name.removeprefix(prefix): value for name, value in checkpoint.tensors.items()}
    )
    folds = tuple(tuple(names) for names in checkpoint.training["folds"])
    return check.eval(), folds
