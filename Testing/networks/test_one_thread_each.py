"""Small networks side by side: the same results, sooner, and nothing else changes."""

import threading
from collections.abc import Iterator

import pytest
import torch

from HermesLib.networks.one_thread_each import one_thread_each
from HermesLib.quality.ensemble.reading import read_ensemble
from HermesLib.quality.network.ensemble import EnsembleConfig, EnsembleNetworks
from HermesLib.quality.network.member import MemberConfig

CPU = torch.device("cpu")


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_as_many_networks_as_pytorch_has_threads_are_computed_at_once(two_threads: None):
    both = threading.Barrier(2)
    list(one_thread_each([lambda: both.wait(timeout=5)] * 4, CPU))


def test_each_network_has_one_thread_and_other_threads_keep_their_number(two_threads: None):
    torch.set_num_threads(3)
    assert list(one_thread_each([torch.get_num_threads] * 5, CPU)) == [1] * 5
    found = [torch.get_num_threads()]
    other = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert found == [3, 3]


def test_a_network_within_another_s_call_waits_for_no_other_thread(two_threads: None):
    def outer() -> list[int]:
        torch.set_num_threads(2)  # Some builds of PyTorch have one number for all threads.
        try:
            return list(one_thread_each([threading.get_ident] * 3, CPU))
        finally:
            torch.set_num_threads(1)

    for inner in one_thread_each([outer] * 4, CPU):
        assert len(set(inner)) == 1


def test_with_one_thread_the_caller_computes(one_thread: None):
    found = one_thread_each([threading.get_ident] * 2, CPU)
    assert set(found) == {threading.get_ident()}


def test_on_another_device_the_caller_computes(two_threads: None):
    found = one_thread_each([threading.get_ident] * 2, torch.device("meta"))
    assert set(found) == {threading.get_ident()}


def test_results_come_in_order_without_gradients(two_threads: None):
    weight = torch.ones((), requires_grad=True)
    found = list(one_thread_each((lambda k=k: weight * k for k in range(9)), CPU))
    assert [float(value) for value in found] == list(range(9))
    assert not any(value.requires_grad for value in found)


def test_inputs_are_made_no_further_ahead_than_keeps_all_threads_busy(two_threads: None):
    made = []

    def calls() -> Iterator:
        for number in range(50):
            made.append(number)
            yield lambda: None

    answers = one_thread_each(calls(), CPU)
    next(answers)
    assert len(made) == 4


def test_an_error_in_a_network_reaches_the_caller_and_the_next_one_computes(two_threads: None):
    with pytest.raises(ZeroDivisionError):
        list(one_thread_each([lambda: 1 / 0, lambda: 1.0], CPU))
    assert list(one_thread_each([lambda: 1], CPU)) == [1]


@torch.inference_mode()
def test_an_ensemble_reads_the_same_bits_with_one_thread_and_with_two(two_threads: None):
    torch.manual_seed(0)
    config = EnsembleConfig(MemberConfig(grid=96, blocks=(1, 1, 1, 1)), members=2)
    networks = EnsembleNetworks(config).eval()
    images = torch.rand(1, 3, 96, 96)
    with_two = read_ensemble(networks, images, None, [0, 1])
    torch.set_num_threads(1)
    with_one = read_ensemble(networks, images, None, [0, 1])
    for one, two in zip(with_one, with_two, strict=True):
        assert torch.equal(one.presence, two.presence)
        assert torch.equal(one.where, two.where) and torch.equal(one.organ, two.organ)
