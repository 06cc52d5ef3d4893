"""Weights on disk: the project's own safetensors files, and official PyTorch checkpoints read without pickle code.

A safetensors file of the project carries one metadata entry, ``hermes``: a JSON object with ``format``, ``kind`` (which class reads it),
``config`` (that class's numbers) and ``training`` (how it came to be). Tensors may be stored in half precision, or (format 2) the weights
of layers as 8-bit integers beside one scale an output channel; all are read as float32.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from HermesLib.errors import HermesError

#: What is written where all tensors are floating point, and where some are 8-bit integers; both are read.
FORMAT, PACKED_FORMAT = 1, 2
#: Ends the name of the tensor that holds another one's scales.
_SCALE = ":scale"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name (float32 where floating point), the class that reads them, its numbers, and the file's SHA-256."""

    tensors: dict[str, torch.Tensor]
    kind: str | None
    config: dict[str, Any]
    training: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save_checkpoint(
    path: Path,
    tensors: dict[str, torch.Tensor],
    kind: str,
    config: dict[str, Any],
    training: dict[str, Any] | None = None,
    half: bool = False,
    packed: bool = False,
) -> None:
    """Write a safetensors file in one step (a reader never sees half a file). ``half`` stores floats as float16, ``packed`` the weights of
    layers as 8-bit integers besides, rounded to 1/127 of the largest of their output channel."""
    stored: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu()
        if packed and name.endswith("weight") and tensor.ndim > 1:
            stored[name], stored[name + _SCALE] = _pack(tensor)
        else:
            stored[name] = (
                (tensor.half() if (half or packed) and tensor.is_floating_point() else tensor)
                .contiguous()
                .clone()
            )
    header = {
        "format": PACKED_FORMAT if packed else FORMAT,
        "kind": kind,
        "config": config,
        "training": training or {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    save_file(stored, temporary, metadata={"hermes": json.dumps(header)})
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def load_checkpoint(path: Path, sha256: str | None = None) -> Checkpoint:
    """Read a project file (``.safetensors``) or an official PyTorch checkpoint (anything else, ``weights_only=True``).

    Official files may nest their tensors under ``model`` or ``state_dict`` and prefix names with ``module.``; both are undone.
    Their ``kind`` is None and their ``config`` empty: the numbers follow from the tensors' shapes.

    Raises:
        HermesError: missing, truncated or foreign file, or a checksum other than ``sha256``.
    """
    path = Path(path)
    if not path.is_file():
        raise HermesError(f"no weight file at {path}")
    actual = file_sha256(path)
    if sha256 is not None and actual != sha256.lower():
        raise HermesError(
            f"{path.name} is damaged or another file: SHA-256 {actual[:12]}..., expected {sha256[:12].lower()}...; fetch it again"
        )
    if path.suffix == ".safetensors":
        return _load_safetensors(path, actual)
    return Checkpoint(_load_official(path), None, {}, {}, actual)


def _load_safetensors(path: Path, sha256: str) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as stream:
            header = json.loads((stream.metadata() or {}).get("hermes", "{}"))
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, ValueError, OSError) as error:
        raise HermesError(
            f"{path.name} is no readable safetensors file (truncated?); fetch it again"
        ) from error
    if header and header.get("format") not in (FORMAT, PACKED_FORMAT):
        known = f"formats {FORMAT} and {PACKED_FORMAT}"
        raise HermesError(
            f"{path.name} has weight format {header.get('format')}, this version of HERMES reads {known}"
        )
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    for name in [name for name in tensors if name.endswith(_SCALE)]:
        whole, scale = name.removesuffix(_SCALE), tensors.pop(name)
        tensors[whole] = tensors[whole].float() * scale
    return Checkpoint(
        tensors, header.get("kind"), header.get("config", {}), header.get("training", {}), sha256
    )


def _pack(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A layer's weight (O, ...) as 8-bit integers, and the scale (O, 1, ...) that brings them back."""
    scale = weight.abs().amax(tuple(range(1, weight.ndim)), keepdim=True).float() / 127
    return (weight / scale.clamp(min=1e-12)).round().to(torch.int8), scale


def _load_official(path: Path) -> dict[str, torch.Tensor]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a different type for each way a file can be broken
        raise HermesError(
            f"{path.name} is no readable PyTorch checkpoint (truncated, or it holds code besides tensors)"
        ) from error
    for nest in ("model", "state_dict", "model_state_dict"):
        if isinstance(loaded, dict) and isinstance(loaded.get(nest), dict):
            loaded = loaded[nest]
    if (
        not isinstance(loaded, dict)
        or not all(isinstance(value, torch.Tensor) for value in loaded.values())
        or not loaded
    ):
        raise HermesError(f"{path.name} holds no plain table of tensors")
    return {
        name.removeprefix("module."): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in loaded.items()
    }
