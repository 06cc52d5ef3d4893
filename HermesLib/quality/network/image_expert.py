"""E2, the expert on images (paper, "team of experts"), as a U-Net with two heads.

One head denoises the image, as in the paper; the other maps the organ. With the denoising head
alone the pGT of small glands stayed poor however long the core trained: denoising an image does not
require knowing where an organ ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from HermesLib.networks.blocks import ResidualBlock, upsample

#: Added to the deviation of a standardised slice, so that the noise of an almost constant slice is
#: not amplified; in units of the full range.
_LEAST_DEVIATION = 0.05


@dataclass(frozen=True)
class ImageFeatures:
    """The image expert's output for slices (B, C, S, S).

    Attributes:
        fine: (B, c, s, s), the decoder's map at the latent's resolution.
        coarse: (B, c', s', s'), the encoder's last map.
        organ: (B, 1, S, S), logits of the organ.
    """

    fine: torch.Tensor
    coarse: torch.Tensor
    organ: torch.Tensor

    @classmethod
    def join(cls, parts: Sequence["ImageFeatures"]) -> "ImageFeatures":
        """The features of several slices as one batch."""
        return cls(
            torch.cat([part.fine for part in parts]),
            torch.cat([part.coarse for part in parts]),
            torch.cat([part.organ for part in parts]),
        )


class ImageEncoder(nn.Module):
    """The contracting path of a U-Net on slices: its levels halve the grid, the first is at S/2.

    Args:
        channels: of the levels, from S/2 down.
        neighbours: slices on either side that are read with the slice itself.
        standardise: whether every slice is first brought to mean 0 and deviation 1, for scanners
            without a calibrated intensity scale.
        blocks: residual blocks of each level; two each if None.
    """

    def __init__(
        self,
        channels: Sequence[int],
        neighbours: int,
        standardise: bool,
        blocks: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.standardise = standardise
        self.stem = nn.Conv2d(1 + 2 * neighbours, channels[0], 5, stride=2, padding=2)
        self.levels = nn.ModuleList()
        previous = channels[0]
        for level, width in enumerate(channels):
            layers: list[nn.Module] = (
                [nn.Conv2d(previous, width, 3, stride=2, padding=1)] if level else []
            )
            layers += [ResidualBlock(width, width) for _ in range(blocks[level] if blocks else 2)]
            self.levels.append(nn.Sequential(*layers))
            previous = width

    def encode(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Maps of slices (B, C, S, S) of 0..1 at S/2, S/4 and so on."""
        if self.standardise:
            images = images - images.mean((1, 2, 3), keepdim=True)
            x = self.stem(images / (images.std((1, 2, 3), keepdim=True) + _LEAST_DEVIATION))
        else:
            x = self.stem(images * 2 - 1)
        maps = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        return maps


class ImageUNet(ImageEncoder):
    """A U-Net on a slice with its neighbours, without heads; arguments as of the encoder."""

    def __init__(
        self,
        channels: Sequence[int],
        neighbours: int,
        standardise: bool,
        blocks: Sequence[int] | None = None,
    ) -> None:
        super().__init__(channels, neighbours, standardise, blocks)
        self.up = nn.ModuleList()
        self.join = nn.ModuleList()
        for width, following in zip(channels[:0:-1], channels[-2::-1], strict=True):
            self.up.append(upsample(width, following))
            self.join.append(ResidualBlock(2 * following, following))
        self.finish = nn.Sequential(nn.GroupNorm(8, channels[0]), nn.SiLU())

    def decode(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The decoder's maps, from S/2 down, without the coarsest, of the encoder's ``maps``."""
        x = maps[-1]
        decoded = []
        for up, join, skip in zip(self.up, self.join, maps[-2::-1], strict=True):
            x = join(torch.cat([up(x), skip], 1))
            decoded.append(x)
        decoded.reverse()
        return decoded


def full_size_head(inputs: int, outputs: int) -> nn.Sequential:
    """From maps at S/2 to ``outputs`` channels at S."""
    return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 3, padding=1), nn.PixelShuffle(2))


class ImageExpert(ImageUNet):
    """U-Net on a slice with its neighbours.

    Args:
        channels: of the levels, from S/2 down.
        token_width: of :meth:`tokens`.
        neighbours: slices on either side.
        standardise: as of the encoder.
        fine_level: the level, 0 at S/2, of :attr:`ImageFeatures.fine`.
    """

    def __init__(
        self,
        channels: Sequence[int],
        token_width: int,
        neighbours: int,
        standardise: bool,
        fine_level: int,
    ) -> None:
        super().__init__(channels, neighbours, standardise)
        self.fine_level = fine_level
        self.to_organ = full_size_head(channels[0], 1)
        self.to_image = full_size_head(channels[0], 1)
        self.to_tokens = nn.Linear(channels[-1], token_width)

    def forward(self, images: torch.Tensor) -> ImageFeatures:
        """The features of slices (B, 1 + 2 * neighbours, S, S) of 0..1."""
        _, features = self._read(images)
        return features

    def denoise(self, noisy: torch.Tensor) -> tuple[torch.Tensor, ImageFeatures]:
        """Both heads, for training: the denoised slices (B, 1, S, S) and the features."""
        finished, features = self._read(noisy)
        return self.to_image(finished), features

    def tokens(self, coarse: torch.Tensor) -> torch.Tensor:
        """One token (B, cells, token_width) for each cell of the coarsest map."""
        return self.to_tokens(coarse.flatten(2).transpose(1, 2))

    def _read(self, images: torch.Tensor) -> tuple[torch.Tensor, ImageFeatures]:
        """The heads' input at S/2, and the features."""
        maps = self.encode(images)
        decoded = self.decode(maps)
        finished = self.finish(decoded[0])
        organ = self.to_organ(finished)
        return finished, ImageFeatures(decoded[self.fine_level], maps[-1], organ)
