"""Networks that are computed side by side on a processor, with one thread each.

A second thread gains little inside the layers of a small network, as its threads wait for each
other in every one. Networks that do not depend on each other gain nearly all of it.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import torch

_T = TypeVar("_T")
#: A thread of the pool must not wait for the pool.
_this_thread = threading.local()


def one_thread_each(calls: Iterable[Callable[[], _T]], device: torch.device) -> Iterator[_T]:
    """What ``calls`` return, in their order, without gradients.

    On a CPU each call has one thread, and as many are computed at once as PyTorch has threads, so
    that results do not depend on their number, bit for bit. With one thread, on another device and
    inside a call, they are computed one after the other by the caller's thread.

    Args:
        calls: are asked for by the caller's thread, no more ahead than keeps all threads busy.
        device: where they compute.
    """
    threads = torch.get_num_threads()
    if threads == 1 or device.type != "cpu" or getattr(_this_thread, "is_of_pool", False):
        yield from map(_computed, calls)
        return
    pool = _pool(threads, os.getpid())
    waiting: deque[Future[_T]] = deque()
    try:
        for call in calls:
            waiting.append(pool.submit(_computed, call))
            if len(waiting) == 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@torch.inference_mode()
def _computed(call: Callable[[], _T]) -> _T:
    return call()


@lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """So many threads of a process that compute with one thread each; a fork has none of them."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="hermes-network")
    started = threading.Barrier(threads + 1)
    for _ in range(threads):
        pool.submit(_compute_alone, started)
    started.wait()
    # The number that a thread sets is its own, but also that of threads that start later.
    torch.set_num_threads(threads)
    return pool


def _compute_alone(started: threading.Barrier) -> None:
    """Give this thread no others; it waits until all have started, as each must be asked once."""
    _this_thread.is_of_pool = True
    torch.get_num_threads()  # What a thread sets before its first question is overwritten.
    torch.set_num_threads(1)
    started.wait()
