"""Half precision where the hardware has it."""

import torch


def autocast(device: torch.device) -> torch.autocast:
    """A context that computes in bfloat16 on GPUs and on processors with units for it.

    Other processors emulate bfloat16, which makes a convolution some twenty times slower than in
    single precision.
    """
    native = (
        device.type != "cpu"
        or torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
    )
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=native)
