"""Make the official networks' answers that ``test_parity.py`` compares with.

Usage: python Testing/models/make_parity.py MODEL FOLDER, where FOLDER has the official code:

- ``medsam``: a clone of https://github.com/bowang-lab/MedSAM (or any folder with its
  ``segment_anything``; Apache-2.0);
- ``scribbleprompt``: a clone of https://github.com/halleewong/ScribblePrompt (Apache-2.0);
- ``mideepseg``: the folder ``mideepseg`` of https://github.com/HiLab-git/MIDeepSeg, for research
  only. Its answers are not kept in this repository: make them, and the test runs.

Every answer is thinned out, so that the files stay small.
"""

import argparse
import functools
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports
from Testing.models import seeded

FOLDER = Path(__file__).resolve().parent / "parity"


def load_seeded(network: torch.nn.Module) -> dict[str, list[int]]:
    """Give a network the seeded weights; returns names and shapes of its tensors."""
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict(seeded.seeded_tensors(shapes), strict=True)
    network.eval()
    return shapes


def official_vit_b() -> torch.nn.Module:
    """As ``build_sam_vit_b``, which does not work without a checkpoint in MedSAM's repository."""
    from segment_anything import modeling

    return modeling.Sam(
        image_encoder=modeling.ImageEncoderViT(
            depth=12,
            embed_dim=768,
            img_size=1024,
            mlp_ratio=4,
            norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6),
            num_heads=12,
            patch_size=16,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=[2, 5, 8, 11],
            window_size=14,
            out_chans=256,
        ),
        prompt_encoder=modeling.PromptEncoder(
            embed_dim=256,
            image_embedding_size=(64, 64),
            input_image_size=(1024, 1024),
            mask_in_chans=16,
        ),
        mask_decoder=modeling.MaskDecoder(
            num_multimask_outputs=3,
            transformer=modeling.TwoWayTransformer(
                depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8
            ),
            transformer_dim=256,
            iou_head_depth=3,
            iou_head_hidden_dim=256,
        ),
    )


def medsam() -> tuple[dict[str, list[int]], dict[str, np.ndarray]]:
    """As MedSAM_Inference.py, with the predicted IoU that it drops."""
    from skimage import transform

    network = official_vit_b()
    shapes = load_seeded(network)
    image = np.repeat(seeded.grey_image(seeded.MEDSAM_SHAPE)[:, :, None], 3, axis=-1)
    resized = transform.resize(
        image, (1024, 1024), order=3, preserve_range=True, anti_aliasing=True
    ).astype(np.uint8)
    unit = (resized - resized.min()) / np.clip(resized.max() - resized.min(), 1e-8, None)
    height, width = seeded.MEDSAM_SHAPE
    box = np.array([seeded.MEDSAM_BOX]) / np.array([width, height, width, height]) * 1024
    embedding = network.image_encoder(torch.tensor(unit).float().permute(2, 0, 1)[None])
    sparse, dense = network.prompt_encoder(
        points=None, boxes=torch.as_tensor(box, dtype=torch.float)[:, None], masks=None
    )
    logits, overlap = network.mask_decoder(
        image_embeddings=embedding,
        image_pe=network.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=False,
    )
    probability = torch.nn.functional.interpolate(
        torch.sigmoid(logits), size=(height, width), mode="bilinear", align_corners=False
    )
    return shapes, {
        "embedding": embedding[0, ::16, ::4, ::4].numpy(),
        "logits": logits[0, 0, ::6, ::6].numpy(),
        "probability": probability[0, 0, ::4, ::4].numpy(),
        "predicted_iou": overlap[0].numpy(),
    }


def scribbleprompt() -> tuple[dict[str, list[int]], dict[str, np.ndarray]]:
    """The official network and the official drawing of its input channels."""
    from scribbleprompt.models.network import UNet
    from scribbleprompt.models.unet import prepare_inputs

    network = UNet(in_channels=5, out_channels=1, features=[192, 192, 192, 192])
    shapes = load_seeded(network)
    image = torch.from_numpy(seeded.grey_image(seeded.SCRIBBLE_SHAPE) / np.float32(255))
    parts = {
        "box": {"box": torch.tensor(seeded.SCRIBBLE_BOX)[None, None]},
        "scribbles": {"scribbles": torch.from_numpy(seeded.scribbles())[None].float()},
        "clicks": {
            "point_coords": torch.from_numpy(seeded.SCRIBBLE_POINTS)[None],
            "point_labels": torch.from_numpy(seeded.SCRIBBLE_LABELS)[None],
        },
    }
    together = {name: value for part in parts.values() for name, value in part.items()}
    together["mask_input"] = torch.from_numpy(seeded.previous_logits())[None, None]
    parts["all_with_previous"] = together
    return shapes, {
        name: network(prepare_inputs({"img": image[None, None], **part}).float())[
            0, 0, ::4, ::4
        ].numpy()
        for name, part in parts.items()
    }


def mideepseg() -> tuple[dict[str, list[int]], dict[str, np.ndarray]]:
    """The official network."""
    from network import UNet

    network = UNet(2, 2, 16)
    shapes = load_seeded(network)
    logits = network(torch.from_numpy(seeded.mideepseg_input())[None])
    return shapes, {"logits": logits[0, :, ::4, ::4].numpy()}


MODELS = {"medsam": medsam, "scribbleprompt": scribbleprompt, "mideepseg": mideepseg}


def main() -> None:
    """Write names and shapes of a network's tensors, and its answers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("folder", type=Path, help="with the official code")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.folder.resolve()))
    ensure_torchvision_imports()
    with torch.inference_mode():
        shapes, answers = MODELS[arguments.model]()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{arguments.model}.json").write_text(json.dumps(shapes) + "\n", encoding="utf-8")
    np.savez_compressed(FOLDER / f"{arguments.model}.npz", **answers)
    for name, values in answers.items():
        print(f"{name}: {values.shape}, {values.min():.4f} to {values.max():.4f}")


if __name__ == "__main__":
    main()
