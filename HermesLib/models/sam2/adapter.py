"""SAM 2.1 (Ravi et al. 2024) and MedSAM2 (Ma et al. 2025): each slice, or all from one of them."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from HermesLib.models.protocol import Embedding, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.models.sam2.config import Sam2Config, official_config
from HermesLib.models.sam2.network import Sam2Features, Sam2Network
from HermesLib.models.sam2.prompt_encoder import prompt_tokens
from HermesLib.models.sam2.propagation import (
    Chosen,
    Propagated,
    PropagatedSlice,
    Remembered,
    corrected,
    propagate,
    remembered,
)
from HermesLib.models.sam_family.adapter import (
    SamModel,
    as_8_bit,
    best_of_three,
    is_single_click,
    stretch_scale,
)
from HermesLib.models.sam_family.prompting import SamPrompt, sam_prompt
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint

#: Means and deviations of the channels of images on 0..1.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
#: A mask is stable if the areas above these logits differ little: at least this share is in both.
_STABLE_LOGITS = 0.05
_STABLE_SHARE = 0.98
#: Logits beyond these are cut off before they are fed back.
_LARGEST_LOGIT = 32.0


class Sam2(SamModel):
    """SAM 2.1 as its own image predictor uses it.

    A single click without a mask to go on from gives the best of three masks by predicted IoU.
    Every other prompt gives the single mask if that is stable, otherwise the best of the three.
    """

    kind = "sam2"
    #: Side of the image that official files were trained with; their tensors do not tell.
    side: ClassVar[int] = 1024
    #: Whether slices below the prompted one also read the memories of those above it.
    together: ClassVar[bool] = True
    network: Sam2Network

    @classmethod
    def network_for(cls, checkpoint: Checkpoint) -> Sam2Network:
        """The size is read from the tensors of an official file."""
        if checkpoint.config:
            return Sam2Network(Sam2Config.from_dict(checkpoint.config))
        return Sam2Network(replace(official_config(checkpoint.tensors), image_size=cls.side))

    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """8-bit grey values, stretched to the network's square: bilinear with antialiasing."""
        grey = as_8_bit(image).float() / 255
        size = (self.network.image_size,) * 2
        stretched = functional.interpolate(grey, size, mode="bilinear", antialias=True)
        return _normalised(stretched)

    def scale(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Each axis has its own factor."""
        return stretch_scale(shape, self.network.image_size)

    @torch.inference_mode()
    def propagate(self, embedding: Embedding, prompted: int, prompt: Prompt) -> Prediction:
        """Segment an object on all slices from a prompt on one of them.

        The features of all slices are kept: 16 MB a slice for images of 1024 pixels.

        Args:
            embedding: of N neighbouring slices, in their order.
            prompted: index of the prompted slice among them.
            prompt: in that slice's pixels.

        Returns:
            The masks of the N slices, 0 where the object is not; no memories.

        Raises:
            HermesError: a prompt of a kind that the model does not take.
            IndexError: there is no such slice.
        """
        shape = (embedding.images.shape[-2], embedding.images.shape[-1])
        answers = self.propagated(embedding, prompted, prompt)
        final = torch.cat([self.on_slice(answer.low[None], shape)[0] for answer in answers])
        return Prediction(
            torch.sigmoid(final),
            [None] * len(answers),
            torch.stack([answer.overlap for answer in answers]).clamp(0, 1),
        )

    def propagated(
        self, embedding: Embedding, prompted: int, prompt: Prompt
    ) -> list[PropagatedSlice]:
        """What :meth:`propagate` makes its masks of, as the decoder gives it."""
        prompt_kind(self, prompt.kind)
        count, _, rows, columns = embedding.images.shape
        if not 0 <= prompted < count:
            raise IndexError(f"there is no slice {prompted} among {count}")
        tokens = sam_prompt(prompt, self.most_pixels)
        features = [embedding.select([index]).features for index in range(count)]
        first = self.prompted(features[prompted], tokens, (rows, columns))
        answers = propagate(
            self.network,
            features,
            {prompted: first},
            together=self.together,
            best=best_of_three,
        ).answers()
        return list(answers.values())

    def prompted(
        self,
        features: Sam2Features,
        prompt: SamPrompt,
        shape: tuple[int, int],
        index: int = 0,
        last: Propagated | None = None,
    ) -> Remembered:
        """The answer of a prompted slice, from which others are propagated.

        Args:
            features: of the slice.
            prompt: in the slice's pixels.
            shape: rows and columns of the slice.
            index: of the slice among those of ``last``.
            last: the propagation that the prompt corrects; None for a first prompt.
        """
        points, labels, box = self.in_network(prompt, shape)
        if last is None:
            decoded = self.network.decode_prompted(features, points, labels, box, None)
        else:
            tokens = prompt_tokens(self.network.sam_prompt_encoder, points, labels, box)
            low = self.fed_back(last.of(index).answer.low)
            decoded = corrected(
                self.network, features, index, last, tokens, low, together=self.together
            )
        mask = self.choose(prompt, None, decoded.logits, decoded.overlap)
        # The pointer is that of the single mask, even if that is not the answer.
        chosen = Chosen(mask, mask if is_single_click(prompt, None) else 0)
        return remembered(self.network, features, decoded, chosen, is_prompted=True)

    def choose(
        self,
        prompt: SamPrompt,
        mask: torch.Tensor | None,
        logits: torch.Tensor,
        overlap: torch.Tensor,
    ) -> int:
        """The best of three for a click alone, or in place of a single mask that is not stable."""
        if is_single_click(prompt, mask) or not is_stable(logits[0]):
            return best_of_three(overlap)
        return 0

    def fed_back(self, low: torch.Tensor) -> torch.Tensor:
        """The logits, the largest cut off."""
        return low.clamp(-_LARGEST_LOGIT, _LARGEST_LOGIT)

    def on_slice(self, low: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
        """Bilinear, straight to the slice."""
        return functional.interpolate(low, shape, mode="bilinear")


class MedSam2(Sam2):
    """MedSAM2: SAM 2.1's tiny network, fine-tuned on medical images of 512 pixels.

    Its authors propagate each way from the prompted slice as if the other way had not been.
    """

    kind = "medsam2"
    side = 512
    together = False

    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """8-bit grey values (cut off, not rounded), stretched by Pillow's bicubic in 8 bit."""
        size = (self.network.image_size,) * 2
        grey = Image.fromarray((image[0, 0] * 255).to(torch.uint8).numpy())
        if grey.size != size:
            grey = grey.resize(size, Image.Resampling.BICUBIC)
        return _normalised(torch.from_numpy(np.array(grey))[None, None].float() / 255)


def is_stable(logits: torch.Tensor) -> bool:
    """Whether the mask (h, w) of logits hardly depends on the threshold."""
    least, most = (
        int((logits > threshold).sum()) for threshold in (_STABLE_LOGITS, -_STABLE_LOGITS)
    )
    return most == 0 or least / most >= _STABLE_SHARE


def _normalised(grey: torch.Tensor) -> torch.Tensor:
    """Images (1, 1, S, S) on 0..1 as three channels without their means and deviations."""
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
    return (grey.expand(-1, 3, -1, -1) - mean) / deviation
