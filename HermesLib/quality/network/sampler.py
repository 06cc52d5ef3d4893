"""Noise schedule and few-step deterministic sampling (DDIM, Song 2021, eq. 12 with eta = 0) for a network that predicts x0.

MONAI's scheduler is not used: in MONAI 1.6 its step visits other timesteps than it lists and clips latents by default, which
few-step sampling from pure noise does not survive.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch


def alphas_cumprod(timesteps: int) -> torch.Tensor:
    """Cumulative signal share of the cosine schedule (Nichol 2021, eq. 17), shape (timesteps,), falling from near 1 to near 0."""
    times = torch.linspace(0, 1, timesteps + 1, dtype=torch.float64)
    curve = torch.cos((times + 0.008) / 1.008 * torch.pi / 2) ** 2
    betas = (1 - curve[1:] / curve[:-1]).clamp(max=0.999)
    return torch.cumprod(1 - betas, 0).float()


def add_noise(clean: torch.Tensor, noise: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Latents (B, C, h, w) at the signal shares (B,): sqrt(share) clean + sqrt(1 - share) noise."""
    share = share.view(-1, 1, 1, 1)
    return share.sqrt() * clean + (1 - share).sqrt() * noise


def sampling_times(timesteps: int, steps: int) -> list[int]:
    """The timesteps visited, from the last (pure noise) down, evenly spaced."""
    return [round((timesteps - 1) * (steps - k) / steps) for k in range(steps)]


def sample(
    predict_clean: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    noise: torch.Tensor,
    shares: torch.Tensor,
    steps: int,
) -> torch.Tensor:
    """Draw latents from ``noise`` (B, C, h, w).

    ``predict_clean(noisy, timestep (B,))`` returns the estimate of the clean latents. After the last step the signal share is 1,
    so the last estimate itself is the sample.

    Raises:
        ValueError: less than one step.
    """
    if steps < 1:
        raise ValueError("steps must be at least 1")
    times = sampling_times(len(shares), steps)
    noisy = noise
    for position, time in enumerate(times):
        clean = predict_clean(
            noisy, torch.full((len(noisy),), time, device=noisy.device, dtype=torch.long)
        )
        if position == steps - 1:
            break
        share, next_share = shares[time], shares[times[position + 1]]
        residual = (noisy - share.sqrt() * clean) / (1 - share).sqrt()
        noisy = next_share.sqrt() * clean + (1 - next_share).sqrt() * residual
    return clean


def seeded_noise(
    seeds: Sequence[int], shape: tuple[int, ...], device: torch.device
) -> torch.Tensor:
    """Standard normal noise (len(seeds), \\*shape), each entry from its own seed, the same on every device."""
    drawn = [np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) for seed in seeds]
    return torch.from_numpy(np.stack(drawn)).to(device)
