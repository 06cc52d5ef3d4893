"""ScribblePrompt-SAM (Wong et al. 2024): SAM ViT-B, fine-tuned on scribbles, clicks and boxes."""

import torch
from torch.nn import functional

from HermesLib.models.sam_family.adapter import SamModel, best_of_three, stretch_scale
from HermesLib.models.sam_family.network import normalised
from HermesLib.models.sam_family.prompting import SamPrompt


class ScribblePromptSam(SamModel):
    """ScribblePrompt-SAM as its own predictor uses it: always the best of three masks.

    Every pixel of a stroke is a click. Officially all of them are; here at most 512 of each sign,
    as a thousand tokens already take as long as the image.
    """

    kind = "scribbleprompt-sam"
    most_pixels = 512

    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """Stretched to the network's square (bilinear, without antialiasing or rounding)."""
        size = (self.network.image_size,) * 2
        stretched = functional.interpolate(image, size, mode="bilinear")
        return normalised(255 * stretched.expand(-1, 3, -1, -1))

    def scale(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Each axis has its own factor."""
        return stretch_scale(shape, self.network.image_size)

    def scaled_points(self, prompt: SamPrompt, scale: torch.Tensor) -> torch.Tensor:
        """Strokes without clicks fall on whole pixels, as officially."""
        points = super().scaled_points(prompt, scale)
        return points if prompt.clicks else points.trunc()

    def choose(
        self,
        prompt: SamPrompt,
        mask: torch.Tensor | None,
        logits: torch.Tensor,
        overlap: torch.Tensor,
    ) -> int:
        """It was trained with three masks only."""
        return best_of_three(overlap)

    def fed_back(self, low: torch.Tensor) -> torch.Tensor:
        """The logits themselves."""
        return low

    def on_slice(self, low: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
        """Bilinear to the network's image, then to the slice."""
        square = functional.interpolate(low, (self.network.image_size,) * 2, mode="bilinear")
        return functional.interpolate(square, shape, mode="bilinear")
