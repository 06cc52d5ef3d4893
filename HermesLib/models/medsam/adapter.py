"""MedSAM (Ma 2024): a box, one forward pass of the encoder a slice, one of the light decoder a box."""

from collections.abc import Sequence

import numpy as np
import torch
from skimage.transform import resize
from torch.nn import functional

from HermesLib.errors import HermesError
from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint


def model_images(images: torch.Tensor, side: int) -> torch.Tensor:
    """Slices (B, 1, H, W) of 0..1 as the network takes them (B, 3, side, side), on the slices' device.

    As officially: 8-bit grey values, stretched (scikit-image, cubic, rounded down to 8 bit again), min-max a slice; no padding, no
    mean or deviation. The box is stretched along.
    """
    grey = np.round(images[:, 0].cpu().numpy() * 255)
    stretched = [
        resize(one, (side, side), order=3, preserve_range=True, anti_aliasing=True).astype(np.uint8)
        for one in grey
    ]
    pictures = torch.from_numpy(np.stack(stretched).astype(np.float32))[:, None].to(images.device)
    return to_unit_range(pictures).expand(-1, 3, -1, -1)


def to_unit_range(images: torch.Tensor) -> torch.Tensor:
    """Min-max of each image (B, 1, S, S)."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-8)


def model_boxes(boxes: Sequence[Box], shape: tuple[int, int], side: int) -> torch.Tensor:
    """Boxes (B, 4) in the pixels of the network's image."""
    rows, columns = shape
    scaled = [[box.x1 / columns, box.y1 / rows, box.x2 / columns, box.y2 / rows] for box in boxes]
    return torch.tensor(scaled, dtype=torch.float32) * side


class MedSam:
    """The network behind the :class:`PromptableModel` protocol; it has no memory."""

    kind = "medsam"
    prompt_kinds: tuple[str, ...] = (Box.kind,)

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
        """Run the image encoder, slice by slice: at 1024x1024 one takes about a gigabyte."""
        side = self.network.config.image_size
        return Embedding(
            images,
            torch.cat([self.network.encode(model_images(image[None], side)) for image in images]),
        )

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
            if not isinstance(prompt, Box):
                raise HermesError(f"MedSAM takes {', '.join(self.prompt_kinds)}, not {prompt.kind}")
            boxes.append(prompt)
        scaled = model_boxes(boxes, shape, self.network.config.image_size).to(
            embedding.features.device
        )
        logits = self.network.decode(embedding.features, scaled)
        probability = functional.interpolate(torch.sigmoid(logits), shape, mode="bilinear")[:, 0]
        return Prediction(probability, [None] * len(boxes))
