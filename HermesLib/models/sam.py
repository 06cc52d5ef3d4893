"""Segment Anything (SAM, Kirillov et al. 2023): ViT-B, ViT-L or ViT-H, whichever the file holds."""

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from HermesLib.models.sam_family.adapter import (
    SamModel,
    as_8_bit,
    best_of_three,
    is_single_click,
)
from HermesLib.models.sam_family.network import normalised
from HermesLib.models.sam_family.prompting import SamPrompt


class Sam(SamModel):
    """SAM as its own predictor uses it.

    A single click without a mask to go on from may mean several things: the best of three masks by
    predicted IoU is taken. For every other prompt it is the single mask.
    """

    kind = "sam"

    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """The longer side scaled to the network's (Pillow, bilinear, 8 bit), then padded with 0."""
        side = self.network.image_size
        grey = Image.fromarray(as_8_bit(image)[0, 0].numpy())
        rows, columns = self._resized(image.shape[-2], image.shape[-1])
        pixels = np.array(grey.resize((columns, rows), Image.Resampling.BILINEAR))
        colour = torch.from_numpy(pixels).float().expand(1, 3, -1, -1)
        padding = (0, side - columns, 0, side - rows)
        return functional.pad(normalised(colour), padding)

    def scale(self, shape: tuple[int, int]) -> tuple[float, float]:
        """The rounded sides decide: the two axes' factors may differ a little."""
        rows, columns = self._resized(*shape)
        return columns / shape[1], rows / shape[0]

    def choose(
        self,
        prompt: SamPrompt,
        mask: torch.Tensor | None,
        logits: torch.Tensor,
        overlap: torch.Tensor,
    ) -> int:
        """One click and nothing else: the best of three. Else the single mask."""
        return best_of_three(overlap) if is_single_click(prompt, mask) else 0

    def fed_back(self, low: torch.Tensor) -> torch.Tensor:
        """The logits themselves."""
        return low

    def on_slice(self, low: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
        """Bilinear to the network's image, whose padding is cut off, then to the slice."""
        side = self.network.image_size
        rows, columns = self._resized(*shape)
        square = functional.interpolate(low, (side, side), mode="bilinear")
        return functional.interpolate(square[..., :rows, :columns], shape, mode="bilinear")

    def _resized(self, rows: int, columns: int) -> tuple[int, int]:
        factor = self.network.image_size / max(rows, columns)
        return int(rows * factor + 0.5), int(columns * factor + 0.5)
