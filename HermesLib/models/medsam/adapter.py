"""MedSAM (Ma et al. 2024): one pass of the image encoder a slice, one of the decoder a box."""

from collections.abc import Sequence

import numpy as np
import torch
from skimage.transform import resize
from torch.nn import functional

from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.models.sam_family.adapter import encoder_batches
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint


def model_images(images: torch.Tensor, side: int) -> torch.Tensor:
    """Slices (B, 1, H, W) of 0..1 as the network takes them, (B, 3, side, side).

    As officially: 8-bit grey values, resized (scikit-image, cubic, rounded down to 8 bit again),
    min-max a slice; no padding, no mean or deviation.
    """
    grey = np.round(images[:, 0].cpu().numpy() * 255)
    resized = [
        resize(image, (side, side), order=3, preserve_range=True, anti_aliasing=True).astype(
            np.uint8
        )
        for image in grey
    ]
    pixels = torch.from_numpy(np.stack(resized).astype(np.float32))[:, None].to(images.device)
    return to_unit_range(pixels).expand(-1, 3, -1, -1)


def to_unit_range(images: torch.Tensor) -> torch.Tensor:
    """Each image of (B, 1, S, S) stretched to 0..1."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-8)


def model_boxes(boxes: Sequence[Box], shape: tuple[int, int], side: int) -> torch.Tensor:
    """Boxes (B, 4) on a slice of ``shape`` in pixels of the network's image of ``side``."""
    rows, columns = shape
    scaled = [[box.x1 / columns, box.y1 / rows, box.x2 / columns, box.y2 / rows] for box in boxes]
    return torch.tensor(scaled, dtype=torch.float32) * side


class MedSam:
    """The network behind the :class:`HermesLib.models.protocol.PromptableModel` protocol.

    It has no memory. Its score is the predicted IoU, which MedSAM's own training leaves untrained.
    """

    kind = "medsam"
    prompt_kinds: tuple[str, ...] = (Box.kind,)
    mixed_kinds: tuple[str, ...] = ()

    def __init__(self, network: MedSamNetwork, name: str = kind, sha256: str = ""):
        self.network = network.eval()
        self.name = name
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> "MedSam":
        """Build from the official ViT-B file or the project's own."""
        network = MedSamNetwork(MedSamConfig.from_dict(checkpoint.config))
        network.load_state_dict(checkpoint.tensors)
        return cls(network, sha256=checkpoint.sha256)

    def to(self, device: torch.device) -> "MedSam":
        """Move to a device."""
        self.network.to(device)
        return self

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """Run the image encoder; on a CPU slice by slice, as one at 1024x1024 takes a gigabyte."""
        side = self.network.config.image_size
        parts = encoder_batches(images)
        features = [self.network.encode(model_images(part, side)) for part in parts]
        return Embedding(images, torch.cat(features))

    @torch.inference_mode()
    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        shape = (embedding.images.shape[-2], embedding.images.shape[-1])
        boxes = []
        for prompt in prompts:
            prompt_kind(self, prompt.kind)
            assert isinstance(prompt, Box)
            boxes.append(prompt)
        scaled = model_boxes(boxes, shape, self.network.config.image_size).to(
            embedding.features.device
        )
        logits, overlap = self.network.decode(embedding.features, scaled)
        probability = functional.interpolate(torch.sigmoid(logits), shape, mode="bilinear")[:, 0]
        score = overlap.clamp(0, 1) if self.network.config.trained_iou else None
        return Prediction(probability, [None] * len(boxes), score)
