"""Make the official answers of SAM 2.1's video predictor, for ``test_sam2_propagation.py``.

Usage: python Testing/models/make_sam2_propagation_parity.py FOLDER, where FOLDER is a clone of
https://github.com/facebookresearch/sam2 (Apache-2.0; it needs the packages hydra-core, iopath and
tqdm).

The predictor has its default settings and a tiny network with seeded weights. It is given the
slices as HermesLib prepares them, as its own loader reads JPEG files only.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from HermesLib.models.sam2.adapter import Sam2
from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.memories import MOST_PROMPTED
from HermesLib.models.sam2.network import Sam2Network
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports
from Testing.models import seeded
from Testing.models.make_sam_parity import FOLDER, shapes_of, tiny_sam2

#: What the official files of settings and ``build_sam2_video_predictor`` set for the network.
SETTINGS = {
    "num_maskmem": 7,
    "sigmoid_scale_for_mem_enc": 20.0,
    "sigmoid_bias_for_mem_enc": -10.0,
    "use_mask_input_as_output_without_sam": True,
    "add_tpos_enc_to_obj_ptrs": True,
    "use_signed_tpos_enc_to_obj_ptrs": True,
    "only_obj_ptrs_in_the_past_for_eval": True,
    "multimask_min_pt_num": 0,
    "multimask_max_pt_num": 1,
    "binarize_mask_from_pts_for_mem_enc": True,
    "fill_hole_area": 8,
}


def state_of(predictor: Any, images: torch.Tensor, shape: tuple[int, int]) -> dict[str, Any]:
    """The predictor's state on images (N, 3, S, S) of slices of ``shape``."""
    from sam2 import sam2_video_predictor

    sam2_video_predictor.load_video_frames = lambda **_: (images, *shape)
    state: dict[str, Any] = predictor.init_state("")
    return state


def answers(predictor: Any, images: torch.Tensor, stack: str, together: bool) -> dict[str, Any]:
    """Logits of all slices: of the decoder (N, h, w) and on the slices (N, H, W)."""
    count, prompted, ask, _ = seeded.TINY_STACKS[stack]
    tensors = seeded.tensors_by_name(shapes_of(predictor))
    predictor.load_state_dict(seeded.propagation_tensors(tensors, stack))
    clicks, box = seeded.tiny_prompt(ask)
    state = state_of(predictor, images[:count], seeded.TINY_SHAPE)
    low, final, present = {}, {}, {}
    for reverse in (False, True):
        if not reverse or not together:
            predictor.reset_state(state)
            predictor.add_new_points_or_box(
                state,
                prompted,
                1,
                points=None if clicks is None else clicks[:, :2].astype(np.float32),
                labels=None if clicks is None else clicks[:, 2].astype(np.int32),
                box=None if box is None else box.astype(np.float32),
            )
        for index, _, masks in predictor.propagate_in_video(state, reverse=reverse):
            kept = state["output_dict_per_obj"][0]
            out = {**kept["non_cond_frame_outputs"], **kept["cond_frame_outputs"]}[index]
            final[index] = masks[0, 0].numpy()
            low[index] = out["pred_masks"][0, 0].numpy()
            present[index] = out["object_score_logits"].numpy().reshape(())
    return {
        name: np.stack([parts[index] for index in range(count)])
        for name, parts in (("low", low), ("final", final), ("present", present))
    }


def rounds(predictor: Any, images: torch.Tensor, name: str) -> Iterator[np.ndarray]:
    """The decoder's logits (N, h, w) after each of ``seeded.TINY_ROUNDS``.

    Every slice that gets a prompt is one to propagate from, and what slices without a prompt
    remember of the last round is forgotten: the predictor has options for the one, and only for the
    neighbours for the other.
    """
    count, asked = seeded.TINY_ROUNDS[name]
    tensors = seeded.tensors_by_name(shapes_of(predictor))
    predictor.load_state_dict(seeded.propagation_tensors(tensors, "few"))
    predictor.add_all_frames_to_correct_as_cond = True
    predictor.max_cond_frames_in_attn = MOST_PROMPTED
    state = state_of(predictor, images[:count], seeded.TINY_SHAPE)
    for asks in asked:
        for index, ask in asks.items():
            clicks, box = seeded.tiny_prompt(ask)
            predictor.add_new_points_or_box(
                state,
                index,
                1,
                points=None if clicks is None else clicks[:, :2].astype(np.float32),
                labels=None if clicks is None else clicks[:, 2].astype(np.int32),
                box=None if box is None else box.astype(np.float32),
            )
        kept = state["output_dict_per_obj"][0]
        kept["non_cond_frame_outputs"].clear()
        for reverse in (False, True):
            for _ in predictor.propagate_in_video(state, reverse=reverse):
                pass
        out = {**kept["non_cond_frame_outputs"], **kept["cond_frame_outputs"]}
        yield np.stack([out[index]["pred_masks"][0, 0].numpy() for index in range(count)])


def main() -> None:
    """Write the answers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with the official code")
    sys.path.insert(0, str(parser.parse_args().folder.resolve()))
    ensure_torchvision_imports()
    from sam2.sam2_video_predictor import SAM2VideoPredictor

    predictor = tiny_sam2(SAM2VideoPredictor, **SETTINGS)
    prepare = Sam2(Sam2Network(Sam2Config(**seeded.TINY_SAM2))).model_image
    slices = torch.from_numpy(seeded.tiny_slices(20) / np.float32(255))[:, None, None]
    images = torch.cat([prepare(image) for image in slices])
    stored = {}
    for stack in seeded.TINY_STACKS:
        for together in (True, False):
            found = answers(predictor, images, stack, together)
            name = f"{stack}_{'together' if together else 'apart'}"
            print(f"{name}: positive", (found["low"] > 0).mean((1, 2)).round(2))
            stored[f"{name}_present"] = found["present"]
            stored[f"{name}_low"] = found["low"][:, ::2, ::2]
            stored[f"{name}_final"] = found["final"][:, ::7, ::7]
    np.savez_compressed(FOLDER / "sam2-propagation-tiny.npz", **stored)
    # Rounded memories differ by a last digit here and there, which adds up in several rounds.
    torch.bfloat16 = torch.float32
    stored = {
        f"{name}_{number}": low[:, ::2, ::2]
        for name in seeded.TINY_ROUNDS
        for number, low in enumerate(rounds(predictor, images, name))
    }
    for name, low in stored.items():
        print(f"{name}: positive", (low > 0).mean((1, 2)).round(2))
    np.savez_compressed(FOLDER / "sam2-rounds-tiny.npz", **stored)


if __name__ == "__main__":
    main()
