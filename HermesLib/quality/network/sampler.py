"""Noise schedule and deterministic sampling in few steps, for a network that predicts x0.

DDIM (Song 2021, eq. 12 with eta = 0).

MONAI's scheduler is not used: in MONAI 1.6 its step visits other timesteps than it lists, and it
clips latents by default. Sampling from pure noise in few steps does not survive either.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch


def alphas_cumprod(timesteps: int) -> torch.Tensor:
    """Cumulative signal share of the cosine schedule (Nichol 2021, eq. 17): (timesteps,), from near
    1 down to near 0.
    """
    times = torch.linspace(0, 1, timesteps + 1, dtype=torch.float64)
    curve = torch.cos((times + 0.008) / 1.008 * torch.pi / 2) ** 2
    betas = (1 - curve[1:] / curve[:-1]).clamp(max=0.999)
    return torch.cumprod(1 - betas, 0).float()


def add_noise(clean: torch.Tensor, noise: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Latents sqrt(alpha) clean + sqrt(1 - alpha) noise (B, C, h, w), for alphas (B,)."""
    alpha = alpha.view(-1, 1, 1, 1)
    return alpha.sqrt() * clean + (1 - alpha).sqrt() * noise


def sampling_times(timesteps: int, steps: int) -> list[int]:
    """The timesteps visited, from the last (pure noise) down, evenly spaced."""
    return [round((timesteps - 1) * (steps - k) / steps) for k in range(steps)]


def sample(
    predict_clean: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    noise: torch.Tensor,
    alphas: torch.Tensor,
    steps: int,
) -> torch.Tensor:
    """Sample latents, starting from ``noise`` (B, C, h, w).

    Args:
        predict_clean: ``(noisy, timestep (B,))`` to the estimate of the clean latents.
        noise: where sampling starts.
        alphas: (timesteps,), see :func:`alphas_cumprod`.
        steps: calls of ``predict_clean``. After the last one the signal share is 1, so its estimate
            is the sample.

    Raises:
        ValueError: less than one step.
    """
    if steps < 1:
        raise ValueError("steps must be at least 1")
    times = sampling_times(len(alphas), steps)
    noisy = noise
    for position, time in enumerate(times):
        timestep = torch.full((len(noisy),), time, device=noisy.device, dtype=torch.long)
        clean = predict_clean(noisy, timestep)
        if position == steps - 1:
            break
        alpha = alphas[time]
        next_alpha = alphas[times[position + 1]]
        residual = (noisy - alpha.sqrt() * clean) / (1 - alpha).sqrt()
        noisy = next_alpha.sqrt() * clean + (1 - next_alpha).sqrt() * residual
    return clean


def seeded_noise(
    seeds: Sequence[int], shape: tuple[int, ...], device: torch.device
) -> torch.Tensor:
    """Standard normal noise (B, *shape), one seed for each entry, the same on every device."""
    noise = [np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) for seed in seeds]
    return torch.from_numpy(np.stack(noise)).to(device)
