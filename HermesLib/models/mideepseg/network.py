"""MIDeepSeg's network (Luo et al. 2021): a UNet with the official tensor names."""

import torch
from torch import nn
from torch.nn import functional


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.ReLU()
    )


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_block(inputs, outputs), _block(outputs, outputs))


def _up(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(width, width, 3, stride=2, padding=1, output_padding=1),
        nn.InstanceNorm2d(width),
        nn.ReLU(),
    )


class MideepsegUNet(nn.Module):
    """Image and exp(-geodesic distance) (B, 2, S, S) to logits (B, 2, S, S).

    The logits are of background and foreground.
    """

    def __init__(self, width: int = 16):
        super().__init__()
        self.width = width
        self.down_1, self.down_2 = _double(2, width), _double(width, 2 * width)
        self.down_3, self.down_4 = _double(2 * width, 4 * width), _double(4 * width, 8 * width)
        self.bridge = _double(8 * width, 16 * width)
        self.trans_1, self.up_1 = _up(16 * width), _double(24 * width, 8 * width)
        self.trans_2, self.up_2 = _up(8 * width), _double(12 * width, 4 * width)
        self.trans_3, self.up_3 = _up(4 * width), _double(6 * width, 2 * width)
        self.trans_4, self.up_4 = _up(2 * width), _double(3 * width, width)
        self.out = nn.Sequential(nn.Conv2d(width, 2, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for down in (self.down_1, self.down_2, self.down_3, self.down_4):
            x = down(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bridge(x)
        ups = (
            (self.trans_1, self.up_1),
            (self.trans_2, self.up_2),
            (self.trans_3, self.up_3),
            (self.trans_4, self.up_4),
        )
        for (widen, merge), skip in zip(ups, reversed(skips), strict=True):
            x = merge(torch.cat([widen(x), skip], 1))
        return self.out(x)
