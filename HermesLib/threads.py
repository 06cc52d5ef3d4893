"""How the threads of numerical libraries wait, and how many there are.

OpenMP's threads wait for each other many times in every layer of a network. By default they spin
meanwhile, which takes the processor from the threads they wait for as soon as any other program
computes: a viewer that renders, or a second run. Libraries read these settings when they load, so
they are set before PyTorch and NumPy are imported. What the user has set is kept. This module
imports neither.
"""

import ctypes
import math
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

#: ``OMP_WAIT_POLICY`` is OpenMP's own; libgomp (PyTorch on Linux) and libomp follow it. Intel's
#: libiomp (PyTorch on Windows) and LLVM's libomp (macOS) keep spinning for 200 ms in spite of it
#: unless ``KMP_BLOCKTIME`` says otherwise.
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
#: With any of these, the user has decided how threads wait.
_WAITING = (*PASSIVE, "GOMP_SPINCOUNT", "KMP_LIBRARY")
#: With any of these, the user has decided how many threads there are.
_NUMBER = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
#: What :func:`set_threads` has set in this process, so that it is not taken for the user's choice.
_set_here: dict[str, str] = {}
_CPUS = Path("/sys/devices/system/cpu")
_CGROUPS = Path("/sys/fs/cgroup")


def set_threads() -> None:
    """Set this process's own variables, before it imports PyTorch or NumPy."""
    settings = thread_settings(os.environ)
    _set_here.update(settings)
    os.environ.update(settings)


def side_by_side(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of one of several processes that compute beside each other: one thread each.

    >>> side_by_side({"OMP_NUM_THREADS": "3"})
    {}
    >>> side_by_side({})
    {'OMP_NUM_THREADS': '1', 'MKL_NUM_THREADS': '1'}
    """
    decided = any(name in environment and name not in _set_here for name in _NUMBER)
    return {} if decided else dict.fromkeys(_NUMBER, "1")


def thread_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to add to an environment; none that it decides itself.

    >>> sorted(thread_settings({"OMP_NUM_THREADS": "3"}))
    ['KMP_BLOCKTIME', 'OMP_WAIT_POLICY']
    >>> thread_settings({"OMP_NUM_THREADS": "3", "OMP_WAIT_POLICY": "ACTIVE"})
    {}
    """
    settings = {} if any(name in environment for name in _WAITING) else dict(PASSIVE)
    cores = usable_cores()
    if cores is not None and not any(name in environment for name in _NUMBER):
        settings["OMP_NUM_THREADS"] = str(cores)
    return settings


def usable_cores() -> int | None:
    """How many physical cores this process may compute on; None where the system does not say.

    Two threads on one core share its arithmetic, and a container may be allowed less than the
    computer has. On Apple's processors the efficient cores are left out, which the fast ones would
    wait for. PyTorch's own number on Windows is that of the physical cores already.
    """
    if sys.platform == "linux":
        cores = {_core(cpu) for cpu in os.sched_getaffinity(0)}
        allowed = _container_share(_CGROUPS)
        return len(cores) if allowed is None else max(1, min(len(cores), math.ceil(allowed)))
    if sys.platform == "darwin":
        return _sysctl("hw.perflevel0.physicalcpu") or _sysctl("hw.physicalcpu")
    return None


def _core(cpu: int) -> tuple[str, str]:
    """What names the core of a logical processor: the same for two threads of one core."""
    topology = _CPUS / f"cpu{cpu}" / "topology"
    try:
        package = (topology / "physical_package_id").read_text(encoding="utf-8").strip()
        return package, (topology / "core_id").read_text(encoding="utf-8").strip()
    except OSError:
        return "", str(cpu)


def _container_share(groups: Path) -> float | None:
    """Processors that a container may use on average; None without a limit (cgroups 2 and 1)."""
    with suppress(OSError, ValueError):
        limit, period = (groups / "cpu.max").read_text(encoding="utf-8").split()
        return None if limit == "max" else int(limit) / int(period)
    with suppress(OSError, ValueError):
        limit_us = int((groups / "cpu" / "cpu.cfs_quota_us").read_text(encoding="utf-8"))
        period_us = int((groups / "cpu" / "cpu.cfs_period_us").read_text(encoding="utf-8"))
        return None if limit_us < 0 else limit_us / period_us
    return None


def _sysctl(name: str) -> int | None:
    """A number that macOS keeps under a name."""
    with suppress(OSError, AttributeError):
        value, size = ctypes.c_int(0), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int))
        library = ctypes.CDLL(None)
        if library.sysctlbyname(name.encode(), ctypes.byref(value), ctypes.byref(size), None, 0):
            return None
        return value.value or None
    return None
