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


def test_signal_share_falls_from_clean_to_pure_noise():
    shares = alphas_cumprod(1000)
    assert shares[0] > 0.99
    assert shares[-1] < 1e-3
    assert (shares.diff() < 0).all()


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_a_network_that_knows_the_answer_is_sampled_exactly_in_any_number_of_steps(steps):
    answer = torch.randn(3, 4, 8, 8)
    drawn = sample(
        lambda noisy, times: answer, torch.randn(3, 4, 8, 8), alphas_cumprod(1000), steps
    )
    assert torch.equal(drawn, answer)


def test_every_step_shows_the_network_the_noise_level_that_its_timestep_means():
    shares = alphas_cumprod(1000)
    clean, noise = torch.zeros(1, 1, 64, 64), torch.randn(1, 1, 64, 64)
    seen = []

    def remember(noisy: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        seen.append((int(times[0]), noisy))
        return clean

    sample(remember, noise, shares, 4)
    assert [time for time, _ in seen] == sampling_times(1000, 4) == [999, 749, 500, 250]
    for time, noisy in seen[1:]:
        assert torch.allclose(noisy, add_noise(clean, noise, shares[time].view(1)), atol=2e-3)


def test_a_slice_draws_the_same_noise_whoever_else_is_in_the_batch():
    alone = seeded_noise([7], (2, 3), torch.device("cpu"))
    together = seeded_noise([1, 7, 9], (2, 3), torch.device("cpu"))
    assert torch.equal(alone[0], together[1])
    assert not torch.equal(together[0], together[2])


def test_zero_steps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        sample(lambda noisy, times: noisy, torch.zeros(1, 1, 2, 2), alphas_cumprod(10), 0)
