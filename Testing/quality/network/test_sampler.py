"""Few-step sampling from pure noise."""

import pytest
import torch

from HermesLib.quality.network.sampler import (
    add_noise,
    alphas_cumprod,
    sample,
    sampling_times,
    seeded_noise,
)


def test_the_signal_share_falls_from_clean_to_pure_noise():
    alphas = alphas_cumprod(1000)
    assert alphas[0] > 0.99
    assert alphas[-1] < 1e-3
    assert (alphas.diff() < 0).all()


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_a_perfect_network_is_sampled_exactly_in_any_number_of_steps(steps):
    answer = torch.randn(3, 4, 8, 8)
    latents = sample(
        lambda noisy, times: answer, torch.randn(3, 4, 8, 8), alphas_cumprod(1000), steps
    )
    assert torch.equal(latents, answer)


def test_every_step_has_the_noise_level_of_its_timestep():
    alphas = alphas_cumprod(1000)
    clean, noise = torch.zeros(1, 1, 64, 64), torch.randn(1, 1, 64, 64)
    visited = []

    def record(noisy: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        visited.append((int(times[0]), noisy))
        return clean

    sample(record, noise, alphas, 4)
    assert [time for time, _ in visited] == sampling_times(1000, 4) == [999, 749, 500, 250]
    for time, noisy in visited[1:]:
        assert torch.allclose(noisy, add_noise(clean, noise, alphas[time].view(1)), atol=2e-3)


def test_the_noise_of_a_slice_does_not_depend_on_its_batch():
    alone = seeded_noise([7], (2, 3), torch.device("cpu"))
    together = seeded_noise([1, 7, 9], (2, 3), torch.device("cpu"))
    assert torch.equal(alone[0], together[1])
    assert not torch.equal(together[0], together[2])


def test_zero_steps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        sample(lambda noisy, times: noisy, torch.zeros(1, 1, 2, 2), alphas_cumprod(10), 0)
