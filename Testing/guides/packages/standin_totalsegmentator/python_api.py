"""The API: it refuses what TotalSegmentator 2.18.0 refuses, and finds what is bright.

The structures asked for take turns along the second axis.
"""

from pathlib import Path

import nibabel
import numpy as np

from .map_to_binary import class_map


def totalsegmentator(
    input,
    output=None,
    ml=False,
    nr_thr_resamp=1,
    nr_thr_saving=6,
    fast=False,
    nora_tag="None",
    preview=False,
    task="total",
    roi_subset=None,
    statistics=False,
    radiomics=False,
    crop_path=None,
    body_seg=False,
    force_split=False,
    output_type="nifti",
    quiet=False,
    verbose=False,
    test=0,
    skip_saving=False,
    device="gpu",
    license_number=None,
    statistics_exclude_masks_at_border=True,
    no_derived_masks=False,
    v1_order=False,
    fastest=False,
    roi_subset_robust=None,
    stats_aggregation="mean",
    remove_small_blobs=False,
    statistics_normalized_intensities=False,
    robust_crop=False,
    higher_order_resampling_LEGACY=False,
    higher_order_resampling=False,
    save_probabilities=None,
    debug=False,
    report=None,
    statistics_extra=False,
    save_lowres=False,
    resampling_order=1,
    plans="nnUNetPlans",
    model_size="big",
):
    """A labelled image of the structures in ``roi_subset``."""
    if not isinstance(input, nibabel.Nifti1Image):
        input = nibabel.load(Path(input))
    if device not in ("gpu", "cpu", "mps"):
        raise ValueError(f"Invalid device type: '{device}'.")
    if type(roi_subset) is not list:
        raise ValueError("roi_subset must be a list of strings")
    values = {name: value for value, name in class_map[task].items()}
    if unknown := set(roi_subset) - values.keys():
        raise ValueError(f"roi_subset: {unknown} not available for this task.")
    bright = np.asarray(input.dataobj) > 0.5
    labels = np.zeros(bright.shape, np.uint8)
    turns = np.broadcast_to(np.arange(bright.shape[1])[None, :, None], bright.shape)
    for turn, name in enumerate(roi_subset):
        labels[bright & (turns % len(roi_subset) == turn)] = values[name]
    print(f"task {task}: {','.join(roi_subset)}")
    return nibabel.Nifti1Image(labels, input.affine)
