"""Weights on disk: the project's safetensors files, and official PyTorch checkpoints.

No code in a file is run. A safetensors file of the project has one metadata entry, ``hermes``: a
JSON object with ``format``, ``kind`` (the class that reads it), ``config`` (the settings of that
class) and ``training`` (how the weights were made). Tensors may be stored in half precision. In
format 2 the weights of layers are 8-bit integers with one scale per output channel. All are read
as float32.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from HermesLib.errors import ComputerError, HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.whole_file import whole_file

#: Format of files with floating-point tensors only.
FORMAT = 1
#: Format of files with 8-bit integers among the tensors.
PACKED_FORMAT = 2
#: Suffix of the tensor with the scales of an 8-bit tensor.
_SCALE = ":scale"


@dataclass(frozen=True)
class Checkpoint:
    """The content of a weight file.

    Attributes:
        tensors: by name; float32 where floating point.
        kind: the class that reads them; None for official files.
        config: the settings of that class.
        training: how the weights were made.
        sha256: of the file.
    """

    tensors: dict[str, torch.Tensor]
    kind: str | None
    config: dict[str, Any]
    training: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""


def save_checkpoint(
    path: Path,
    tensors: dict[str, torch.Tensor],
    kind: str,
    config: dict[str, Any],
    training: dict[str, Any] | None = None,
    half: bool = False,
    packed: bool = False,
) -> None:
    """Write a safetensors file in one step, so that a reader never finds a partial file.

    Args:
        path: the file; its folder is created.
        tensors, kind, config, training: see :class:`Checkpoint`.
        half: store floats as float16.
        packed: as ``half``, and store the weights of layers as 8-bit integers, rounded to 1/127 of
            the largest weight of their output channel.
    """
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
    with whole_file(path, load_checkpoint) as temporary:
        try:
            save_file(stored, temporary, metadata={"hermes": json.dumps(header)})
        except SafetensorError as error:
            raise ComputerError(f"{path.name} could not be written whole ({error})") from error


def load_checkpoint(path: Path, sha256: str | None = None) -> Checkpoint:
    """Read a project file (``.safetensors``) or an official PyTorch checkpoint (anything else).

    PyTorch checkpoints are read with ``weights_only=True``. They may nest their tensors under
    ``model`` or ``state_dict`` and prefix names with ``module.``; both are removed. Their ``kind``
    is None and their ``config`` empty: the sizes follow from the tensors' shapes.

    Raises:
        HermesError: a missing, truncated or foreign file, or a checksum other than ``sha256``.
    """
    path = Path(path)
    if not path.is_file():
        raise HermesError(f"no weight file at {path}")
    actual = file_sha256(path)
    if sha256 is not None and actual != sha256.lower():
        raise HermesError(
            f"{path.name} is damaged or a different file: SHA-256 {actual[:12]}...,"
            f" expected {sha256[:12].lower()}...; fetch it again"
        )
    if path.suffix == ".safetensors":
        return _load_safetensors(path, actual)
    tensors = _load_official(path)
    _require_finite(tensors, path.name)
    return Checkpoint(tensors, None, {}, {}, actual)


def _load_safetensors(path: Path, sha256: str) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as stream:
            header = _header((stream.metadata() or {}).get("hermes"), path.name)
            names = stream.keys()  # not a mapping: it cannot be iterated itself
            tensors = {name: stream.get_tensor(name) for name in names}
    except (SafetensorError, ValueError, OSError) as error:
        if isinstance(error, HermesError):
            raise
        raise HermesError(
            f"{path.name} cannot be read as a safetensors file (truncated?); fetch it again"
        ) from error
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    for name in [name for name in tensors if name.endswith(_SCALE)]:
        scaled_name = name.removesuffix(_SCALE)
        tensors[scaled_name] = _scaled(tensors, scaled_name, tensors.pop(name), path.name)
    _require_finite(tensors, path.name)
    return Checkpoint(
        tensors, header.get("kind"), header.get("config", {}), header.get("training", {}), sha256
    )


def _header(text: str | None, name: str) -> dict[str, Any]:
    """The metadata of a project file; empty for a file of another program.

    Raises:
        HermesError: metadata that are none of HERMES', or of another version.
    """
    if text is None:
        return {}
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HermesError(f"{name} has metadata that cannot be read") from error
    if not isinstance(header, dict):
        raise HermesError(f"{name} has metadata that are not those of HERMES")
    if header.get("format") not in (FORMAT, PACKED_FORMAT):
        raise HermesError(
            f"{name} has weight format {header.get('format')}, this version of HERMES reads formats"
            f" {FORMAT} and {PACKED_FORMAT}"
        )
    kinds = {"kind": str, "config": dict, "training": dict}
    wrong = [key for key, kind in kinds.items() if key in header and type(header[key]) is not kind]
    if wrong:
        raise HermesError(f"{name} has metadata that are not those of HERMES: {', '.join(wrong)}")
    return header


def _scaled(
    tensors: dict[str, torch.Tensor], name: str, scale: torch.Tensor, file: str
) -> torch.Tensor:
    try:
        return tensors[name].float() * scale
    except (KeyError, RuntimeError) as error:
        raise HermesError(f"{file} has a scale that fits no tensor: {name}") from error


def _require_finite(tensors: dict[str, torch.Tensor], name: str) -> None:
    """Refuse what a failed training or a damaged file left without numbers."""
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise HermesError(f"{name} holds NaN or infinite weights ({key}); fetch it again")


def _pack(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A layer's weight (O, ...) as 8-bit integers, and their scale (O, 1, ...)."""
    scale = weight.abs().amax(tuple(range(1, weight.ndim)), keepdim=True).float() / 127
    return (weight / scale.clamp(min=1e-12)).round().to(torch.int8), scale


def _load_official(path: Path) -> dict[str, torch.Tensor]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a different type for each way a file can be broken
        raise HermesError(
            f"{path.name} cannot be read as a PyTorch checkpoint"
            " (truncated, or it contains code besides tensors, which docs/models.md says how to"
            " leave out)"
        ) from error
    for nest in ("model", "state_dict", "model_state_dict"):
        if isinstance(loaded, dict) and isinstance(loaded.get(nest), dict):
            loaded = loaded[nest]
    if (
        not isinstance(loaded, dict)
        or not all(
            isinstance(name, str) and isinstance(value, torch.Tensor)
            for name, value in loaded.items()
        )
        or not loaded
    ):
        raise HermesError(f"{path.name} is not a plain state dict")
    return {
        name.removeprefix("module."): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in loaded.items()
    }
