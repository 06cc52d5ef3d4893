"""The networks of UniverSeg (Butoi et al. 2023) and MultiverSeg (Wong et al. 2025).

Both are a UNet in which the target and every member of its support (the examples) meet at each
level in a cross convolution. The tensors have the official names, so that official files load.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

#: Channels of a member of the support: image and label.
SUPPORT_CHANNELS = 2


class _CrossConvolution(nn.Module):
    """A convolution of the target's and a member's channels together, named as officially.

    The target's part is the same for all members, and is computed once and added. That is equal to
    the official convolution of both together, up to rounding.
    """

    def __init__(self, target: int, support: int, outputs: int):
        super().__init__()
        self.target_channels = target
        self.cross_conv = nn.Conv2d(target + support, outputs, 3, padding=1)

    def forward(self, target: torch.Tensor, support: torch.Tensor) -> torch.Tensor:
        own, others = self.cross_conv.weight.split(
            [self.target_channels, self.cross_conv.in_channels - self.target_channels], 1
        )
        shared = functional.conv2d(target, own, self.cross_conv.bias, padding=1)
        return functional.conv2d(support, others, padding=1) + shared


class _Convolution(nn.Module):
    """A convolution, a LeakyReLU, and in MultiverSeg a norm over all channels, in this order."""

    def __init__(self, channels: int, *, norm: bool):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norml = nn.GroupNorm(1, channels) if norm else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norml(functional.leaky_relu(self.conv(x)))


class _Vmapped(nn.Module):
    """A convolution for target or support, under the official name."""

    def __init__(self, channels: int, *, norm: bool):
        super().__init__()
        self.vmapped = _Convolution(channels, norm=norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.vmapped(x)


class CrossBlock(nn.Module):
    """Target (1, C, H, W) and support (S, C, H, W) meet; each goes on by a convolution of its own.

    Args:
        target, support: channels of both.
        outputs: channels of both afterwards.
        norm: MultiverSeg's block: norms, and a LeakyReLU after the cross convolution.
    """

    def __init__(self, target: int, support: int, outputs: int, *, norm: bool):
        super().__init__()
        self.cross = _CrossConvolution(target, support, outputs)
        self.target = _Vmapped(outputs, norm=norm)
        self.support = _Vmapped(outputs, norm=norm)
        self._activated = norm

    def interact(self, target: torch.Tensor, support: torch.Tensor) -> torch.Tensor:
        """What the target has to do with each member (S, C, H, W)."""
        interaction = self.cross(target, support)
        return functional.leaky_relu(interaction) if self._activated else interaction

    def forward(
        self, target: torch.Tensor, support: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        interaction = self.interact(target, support)
        return self.target(interaction.mean(0, keepdim=True)), self.support(interaction)


class _Head(nn.Module):
    """The 1x1 convolution to the logits, under the official name."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class InContextNetwork(nn.Module):
    """Logits (1, 1, H, W) of a target (1, C, H, W) by its support (S, 2, H, W) of image and label.

    Args:
        target_channels: 1 for UniverSeg (the image), 5 for MultiverSeg (image and prompts).
        widths: channels of the levels; max pooling down, bilinear upsampling back.
        norm: whether the blocks are MultiverSeg's.
    """

    def __init__(self, target_channels: int, widths: Sequence[int], *, norm: bool):
        super().__init__()
        self.target_channels = target_channels
        self.enc_blocks = nn.ModuleList()
        self.dec_blocks = nn.ModuleList()
        target, support = target_channels, SUPPORT_CHANNELS
        for width in widths:
            self.enc_blocks.append(CrossBlock(target, support, width, norm=norm))
            target = support = width
        for below, width in pairwise(reversed(widths)):
            self.dec_blocks.append(CrossBlock(below + width, below + width, width, norm=norm))
        self.upsample = nn.UpsamplingBilinear2d(scale_factor=2)
        self.out_conv = _Head(widths[0])

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, torch.Tensor], target_channels: int, *, norm: bool
    ) -> "InContextNetwork":
        """Build from a checkpoint; the tensors' shapes give the widths.

        Raises:
            KeyError, RuntimeError: tensors of other names or shapes.
        """
        names = [name for name in tensors if name.startswith("enc_blocks.")]
        levels = len([name for name in names if name.endswith(".cross.cross_conv.bias")])
        widths = [len(tensors[f"enc_blocks.{k}.cross.cross_conv.bias"]) for k in range(levels)]
        if not widths:
            raise KeyError("enc_blocks")
        network = cls(target_channels, widths, norm=norm)
        network.load_state_dict(dict(tensors))
        return network

    @property
    def multiple(self) -> int:
        """What the sides of the image must be a multiple of."""
        return 2 ** len(self.dec_blocks)

    @staticmethod
    def _blocks(modules: nn.ModuleList) -> Iterator[CrossBlock]:
        for module in modules:
            assert isinstance(module, CrossBlock)
            yield module

    def forward(self, target: torch.Tensor, support: torch.Tensor) -> torch.Tensor:
        skips = []
        for level, block in enumerate(self._blocks(self.enc_blocks)):
            if level:
                target, support = (functional.max_pool2d(part, 2) for part in (target, support))
            target, support = block(target, support)
            skips.append((target, support))
        skips.pop()
        for block in self._blocks(self.dec_blocks):
            before = skips.pop()
            target, support = (
                torch.cat([self.upsample(part), skip], 1)
                for part, skip in zip((target, support), before, strict=True)
            )
            if skips:
                target, support = block(target, support)
            else:
                # Nothing reads the support any more.
                target = block.target(block.interact(target, support).mean(0, keepdim=True))
        return self.out_conv(target)
