"""E2, the expert on images (paper, "team of experts": a denoising autoencoder), as a U-Net with two heads.

One head takes noise out of the image, as the paper has it; the other maps the organ. With the denoising head alone the pGT of
small glands stayed poor however long the core trained: what takes noise out of an image need not know where an organ ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from HermesLib.networks.blocks import ResidualBlock, enlarge


@dataclass(frozen=True)
class ImageFeatures:
    """What E2 sees on slices (B, C, S, S).

    ``levels``: decoder maps at S/2, S/4 and so on, ``coarse`` (B, c, s, s) the encoder's last map, ``organ`` (B, 1, S, S) the
    logits of the organ's map.
    """

    levels: tuple[torch.Tensor, ...]
    coarse: torch.Tensor
    organ: torch.Tensor


class ImageEncoder(nn.Module):
    """The way down of :class:`ImageExpert`: its levels halve the grid from S/2 on."""

    def __init__(self, channels: Sequence[int], reach: int, standardise: bool):
        super().__init__()
        self.standardise = standardise
        self.stem = nn.Conv2d(1 + 2 * reach, channels[0], 5, stride=2, padding=2)
        self.levels = nn.ModuleList()
        previous = channels[0]
        for level, width in enumerate(channels):
            layers: list[nn.Module] = (
                [nn.Conv2d(previous, width, 3, stride=2, padding=1)] if level else []
            )
            self.levels.append(
                nn.Sequential(*layers, ResidualBlock(width, width), ResidualBlock(width, width))
            )
            previous = width

    def encode(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Maps of slices (B, C, S, S) of 0..1 at S/2, S/4 and so on."""
        if self.standardise:
            images = images - images.mean((1, 2, 3), keepdim=True)
            # 0.05 of the full range keeps the noise of an almost constant slice from being blown up.
            x = self.stem(images / (images.std((1, 2, 3), keepdim=True) + 0.05))
        else:
            x = self.stem(images * 2 - 1)
        seen = []
        for level in self.levels:
            x = level(x)
            seen.append(x)
        return seen


class ImageExpert(ImageEncoder):
    """U-Net over a slice with ``reach`` neighbours on either side.

    ``standardise``: every slice is brought to mean 0 and deviation 1 first, for scanners without a calibrated scale.
    """

    def __init__(self, channels: Sequence[int], token_width: int, reach: int, standardise: bool):
        super().__init__(channels, reach, standardise)
        self.up = nn.ModuleList()
        self.join = nn.ModuleList()
        for width, following in zip(channels[:0:-1], channels[-2::-1], strict=True):
            self.up.append(enlarge(width, following))
            self.join.append(ResidualBlock(2 * following, following))
        self.finish = nn.Sequential(nn.GroupNorm(8, channels[0]), nn.SiLU())
        self.to_organ = nn.Sequential(nn.Conv2d(channels[0], 4, 3, padding=1), nn.PixelShuffle(2))
        self.to_image = nn.Sequential(nn.Conv2d(channels[0], 4, 3, padding=1), nn.PixelShuffle(2))
        self.to_tokens = nn.Linear(channels[-1], token_width)

    def _maps(self, images: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        seen = self.encode(images)
        x = coarse = seen[-1]
        decoded = []
        for up, join, skip in zip(self.up, self.join, seen[-2::-1], strict=True):
            x = join(torch.cat([up(x), skip], 1))
            decoded.append(x)
        return decoded[::-1], coarse

    def look(self, images: torch.Tensor) -> ImageFeatures:
        """Read slices (B, 1 + 2 * reach, S, S) of 0..1."""
        decoded, coarse = self._maps(images)
        return ImageFeatures(tuple(decoded), coarse, self.to_organ(self.finish(decoded[0])))

    def learn(self, noisy: torch.Tensor) -> tuple[torch.Tensor, ImageFeatures]:
        """Both heads on noisy slices: the slice without its noise (B, 1, S, S), and what is found."""
        decoded, coarse = self._maps(noisy)
        finished = self.finish(decoded[0])
        return self.to_image(finished), ImageFeatures(
            tuple(decoded), coarse, self.to_organ(finished)
        )

    def tokens(self, coarse: torch.Tensor) -> torch.Tensor:
        """One token (B, cells, token_width) for each cell of the coarsest map."""
        return self.to_tokens(coarse.flatten(2).transpose(1, 2))
