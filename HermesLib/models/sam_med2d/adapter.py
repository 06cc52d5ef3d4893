"""SAM-Med2D (Cheng et al. 2023): SAM ViT-B at 256 pixels, fine-tuned on medical images."""

import torch
from torch.nn import functional

from HermesLib.models.sam_family.adapter import (
    SamModel,
    as_8_bit,
    best_of_three,
    config_for,
    stretch_scale,
)
from HermesLib.models.sam_family.network import SamNetwork, normalised
from HermesLib.models.sam_family.prompting import SamPrompt
from HermesLib.models.sam_med2d.adapter_layers import encoder_with_adapters, has_adapters
from HermesLib.weights.checkpoint import Checkpoint


class SamMed2d(SamModel):
    """SAM-Med2D as its own predictor uses it: always the best of three masks.

    Files with and without adapter layers; the tensors' names tell.
    """

    kind = "sam-med2d"

    @classmethod
    def network_for(cls, checkpoint: Checkpoint) -> SamNetwork:
        """With adapter layers if the checkpoint has them."""
        config = config_for(checkpoint)
        with_adapters = has_adapters(checkpoint.tensors)
        return SamNetwork(config, encoder_with_adapters(config) if with_adapters else None)

    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """Normalised, then stretched to the network's square by nearest neighbour."""
        colour = as_8_bit(image).float().expand(-1, 3, -1, -1)
        size = (self.network.image_size,) * 2
        return functional.interpolate(normalised(colour), size, mode="nearest")

    def scale(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Each axis has its own factor."""
        return stretch_scale(shape, self.network.image_size)

    def choose(
        self,
        prompt: SamPrompt,
        mask: torch.Tensor | None,
        logits: torch.Tensor,
        overlap: torch.Tensor,
    ) -> int:
        """The best of three: its predictor's default, and how it was tested."""
        return best_of_three(overlap)

    def fed_back(self, low: torch.Tensor) -> torch.Tensor:
        """Probabilities: so in training, though SAM takes logits."""
        return torch.sigmoid(low)

    def on_slice(self, low: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
        """Bilinear to the network's image, then to the slice."""
        square = functional.interpolate(low, (self.network.image_size,) * 2, mode="bilinear")
        return functional.interpolate(square, shape, mode="bilinear")
