"""Make the official answers of tiny networks of the SAM family, for ``test_sam_family.py``.

Usage: python Testing/models/make_sam_parity.py MODEL FOLDER, where FOLDER has the official code:

- ``sam-med2d``: a clone of https://github.com/OpenGVLab/SAM-Med2D (Apache-2.0; it needs the
  packages albumentations and opencv-python-headless);
- ``scribbleprompt-sam``: a clone of https://github.com/halleewong/ScribblePrompt (Apache-2.0);
- ``sam2``: a clone of https://github.com/facebookresearch/sam2 (Apache-2.0; it needs the packages
  hydra-core and iopath).

The first two bring their own ``segment_anything``. SAM itself is compared in the test, with the
package.
"""

import argparse
import functools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports
from Testing.models import seeded

FOLDER = Path(__file__).resolve().parent / "parity"


def tiny_sam(**encoder: Any) -> torch.nn.Module:
    """The network of whichever ``segment_anything`` comes first on the path, seeded."""
    ensure_torchvision_imports()
    from segment_anything import modeling

    cells = seeded.TINY_SIDE // seeded.TINY_ENCODER["patch_size"]
    sam = modeling.Sam(
        image_encoder=modeling.ImageEncoderViT(
            use_rel_pos=True,
            norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6),
            **seeded.TINY_ENCODER,
            **encoder,
        ),
        prompt_encoder=modeling.PromptEncoder(
            embed_dim=32,
            image_embedding_size=(cells, cells),
            input_image_size=(seeded.TINY_SIDE, seeded.TINY_SIDE),
            mask_in_chans=8,
        ),
        mask_decoder=modeling.MaskDecoder(
            transformer=modeling.TwoWayTransformer(
                depth=2, embedding_dim=32, mlp_dim=64, num_heads=8
            ),
            transformer_dim=32,
            iou_head_hidden_dim=16,
        ),
    )
    sam.load_state_dict(seeded.tensors_by_name(shapes_of(sam)), strict=True)
    return sam.eval()


def shapes_of(network: torch.nn.Module) -> dict[str, list[int]]:
    """Names and shapes of a network's tensors."""
    return {name: list(tensor.shape) for name, tensor in network.state_dict().items()}


def med2d() -> dict[str, np.ndarray]:
    """Answers of SammedPredictor, with and without adapter layers."""
    from segment_anything.predictor_sammed import SammedPredictor

    grey = seeded.grey_image(seeded.TINY_SHAPE)
    answers = {}
    for variant in ("adapter", "plain"):
        sam = tiny_sam(adapter_train=variant == "adapter")
        shapes = json.dumps(shapes_of(sam)).encode()
        answers[f"{variant}_shapes"] = np.frombuffer(shapes, np.uint8)
        predictor = SammedPredictor(sam)
        predictor.set_image(np.repeat(grey[..., None], 3, 2))
        last = None
        for ask in seeded.TINY_ASKS:
            clicks, box = seeded.tiny_prompt(ask)
            final, quality, low = predictor.predict(
                point_coords=None if clicks is None else clicks[:, :2],
                point_labels=None if clicks is None else clicks[:, 2],
                box=box,
                mask_input=last if ask.endswith("second") else None,
                return_logits=True,
            )
            if ask == "click":
                last = 1 / (1 + np.exp(-low))
            answers[f"{variant}_{ask}_low"] = low
            answers[f"{variant}_{ask}_final"] = final[0, ::3, ::3]
            answers[f"{variant}_{ask}_iou"] = quality.reshape(-1)
    return answers


def scribbleprompt() -> dict[str, np.ndarray]:
    """Answers of ScribblePromptSAM, with the tiny network in place of its own."""
    from scribbleprompt.models.sam import ScribblePromptSAM
    from segment_anything.predictor import SamPredictor

    predictor = ScribblePromptSAM.__new__(ScribblePromptSAM)
    sam = tiny_sam()
    SamPredictor.__init__(predictor, sam_model=sam)
    predictor.input_size = (seeded.TINY_SIDE, seeded.TINY_SIDE)
    image = torch.from_numpy(seeded.grey_image(seeded.TINY_SHAPE) / np.float32(255))[None, None]
    strokes = torch.from_numpy(seeded.tiny_strokes())[None].float()
    answers = {"shapes": np.frombuffer(json.dumps(shapes_of(sam)).encode(), np.uint8)}
    last = None
    for ask in (*seeded.TINY_ASKS, "scribbles", "box_scribbles_clicks"):
        clicks, box = seeded.tiny_prompt("box_clicks" if ask == "box_scribbles_clicks" else ask)
        final, _, low = predictor.predict(
            image,
            point_coords=None if clicks is None else torch.from_numpy(clicks[None, :, :2]).float(),
            point_labels=None if clicks is None else torch.from_numpy(clicks[None, :, 2]),
            scribbles=strokes if "scribbles" in ask else None,
            box=None if box is None else torch.from_numpy(box)[None, None].float(),
            mask_input=last if ask.endswith("second") else None,
            return_logits=True,
        )
        if ask == "click":
            last = low
        answers[f"{ask}_low"] = low[0].numpy()
        answers[f"{ask}_final"] = final[0, 0, ::3, ::3].numpy()
    return answers


def tiny_sam2(network_class: Any = None, **more: Any) -> Any:
    """The official network in the numbers of ``seeded.TINY_SAM2``, seeded.

    ``network_class`` is ``SAM2Base`` or one derived from it, ``more`` further settings.
    """
    from sam2.modeling.backbones.hieradet import Hiera
    from sam2.modeling.backbones.image_encoder import FpnNeck, ImageEncoder
    from sam2.modeling.memory_attention import MemoryAttention, MemoryAttentionLayer
    from sam2.modeling.memory_encoder import CXBlock, Fuser, MaskDownSampler, MemoryEncoder
    from sam2.modeling.position_encoding import PositionEmbeddingSine
    from sam2.modeling.sam.transformer import RoPEAttention
    from sam2.modeling.sam2_base import SAM2Base

    tiny = seeded.TINY_SAM2
    width, features, memory = tiny["width"], tiny["features"], tiny["memory_width"]
    attention = {"num_heads": 1, "embedding_dim": features, "feat_sizes": (8, 8)}
    network = (network_class or SAM2Base)(
        image_encoder=ImageEncoder(
            scalp=1,
            trunk=Hiera(
                embed_dim=width,
                num_heads=tiny["heads"],
                stages=tiny["stages"],
                global_att_blocks=tiny["global_blocks"],
                window_spec=tiny["windows"],
                window_pos_embed_bkg_spatial_size=(tiny["background"],) * 2,
            ),
            neck=FpnNeck(
                position_encoding=PositionEmbeddingSine(features),
                d_model=features,
                backbone_channel_list=[width << stage for stage in (3, 2, 1, 0)],
                fpn_top_down_levels=[2, 3],
                fpn_interp_model="nearest",
            ),
        ),
        memory_attention=MemoryAttention(
            d_model=features,
            pos_enc_at_input=True,
            num_layers=tiny["memory_layers"],
            layer=MemoryAttentionLayer(
                activation="relu",
                dim_feedforward=2048,
                dropout=0.1,
                pos_enc_at_attn=False,
                self_attention=RoPEAttention(**attention),
                d_model=features,
                pos_enc_at_cross_attn_keys=True,
                pos_enc_at_cross_attn_queries=False,
                cross_attention=RoPEAttention(rope_k_repeat=True, kv_in_dim=memory, **attention),
            ),
        ),
        memory_encoder=MemoryEncoder(
            in_dim=features,
            out_dim=memory,
            position_encoding=PositionEmbeddingSine(memory),
            mask_downsampler=MaskDownSampler(
                embed_dim=features, kernel_size=3, stride=2, padding=1
            ),
            fuser=Fuser(CXBlock(features), num_layers=2),
        ),
        image_size=tiny["image_size"],
        directly_add_no_mem_embed=True,
        no_obj_embed_spatial=True,
        use_high_res_features_in_sam=True,
        multimask_output_in_sam=True,
        iou_prediction_use_sigmoid=True,
        use_obj_ptrs_in_encoder=True,
        proj_tpos_enc_in_obj_ptrs=True,
        pred_obj_scores=True,
        pred_obj_scores_mlp=True,
        fixed_no_obj_ptr=True,
        multimask_output_for_tracking=True,
        use_multimask_token_for_obj_ptr=True,
        use_mlp_for_obj_ptr_proj=True,
        sam_mask_decoder_extra_args={
            "dynamic_multimask_via_stability": True,
            "dynamic_multimask_stability_delta": 0.05,
            "dynamic_multimask_stability_thresh": 0.98,
        },
        **more,
    )
    network.load_state_dict(seeded.tensors_by_name(shapes_of(network)), strict=True)
    return network.eval()


def sam2() -> dict[str, np.ndarray]:
    """Answers of SAM2ImagePredictor with the tiny network."""
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    network = tiny_sam2()
    answers = {"shapes": np.frombuffer(json.dumps(shapes_of(network)).encode(), np.uint8)}
    predictor = SAM2ImagePredictor(network)
    predictor._bb_feat_sizes = [(32, 32), (16, 16), (8, 8)]
    grey = seeded.grey_image(seeded.TINY_SHAPE)
    predictor.set_image(np.repeat(grey[..., None], 3, 2))
    last = None
    for ask in seeded.TINY_ASKS:
        clicks, box = seeded.tiny_prompt(ask)
        final, quality, low = predictor.predict(
            point_coords=None if clicks is None else clicks[:, :2],
            point_labels=None if clicks is None else clicks[:, 2],
            box=box,
            mask_input=last if ask.endswith("second") else None,
            multimask_output=ask == "click",
            return_logits=True,
        )
        best = int(quality.argmax())
        if ask == "click":
            last = low[best : best + 1]
        answers[f"{ask}_low"] = low[best]
        answers[f"{ask}_final"] = final[best, ::3, ::3]
        answers[f"{ask}_iou"] = quality[best]
    return answers


MODELS = {"sam-med2d": med2d, "scribbleprompt-sam": scribbleprompt, "sam2": sam2}


def main() -> None:
    """Write the answers of a model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("folder", type=Path, help="with the official code")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.folder.resolve()))
    ensure_torchvision_imports()
    with torch.inference_mode():
        answers = MODELS[arguments.model]()
    path = FOLDER / f"{arguments.model}-tiny.npz"
    np.savez_compressed(path, **answers)
    for name, values in answers.items():
        print(f"{name}: {values.shape}, {values.min():.4f} to {values.max():.4f}")


if __name__ == "__main__":
    main()
