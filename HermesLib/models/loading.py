"""Models are built from their weights, or reached on their server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch

from HermesLib.errors import HermesError
from HermesLib.models.entry import ModelEntry
from HermesLib.models.look_alikes import require_own_file
from HermesLib.models.registry import model_entry
from HermesLib.weights.bundled import bundled_checkpoint
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint
from HermesLib.weights.imported import find_weights

if TYPE_CHECKING:
    from HermesLib.models.volume_protocol import VolumeModel


def checkpoint_of(entry: ModelEntry, weights: str) -> Checkpoint:
    """The weights of a model that HERMES loads itself.

    Args:
        entry: the model.
        weights: see :func:`HermesLib.models.registry.model_checkpoint`.

    Raises:
        HermesError: weights that are missing or damaged.
    """
    if weights != "bundled":
        return load_checkpoint(find_weights(weights))
    if entry.bundled is None:
        raise HermesError(f"{entry.name} has no bundled weights; name a file with --weights")
    return bundled_checkpoint(entry.bundled)


def built(entry: ModelEntry, checkpoint: Checkpoint, weights: str) -> Any:
    """The model that an entry names, with a checkpoint's tensors.

    A notice says where nothing tells which of several models a file is of.

    Args:
        entry: the model.
        checkpoint: its weights.
        weights: their name, for messages.

    Raises:
        HermesError: weights of another model, or that do not fit.
    """
    adapter = _adapter(entry)
    if checkpoint.kind not in (None, adapter.kind):
        raise HermesError(f"{weights} holds weights of {checkpoint.kind}, not of {entry.name}")
    try:
        model = adapter.from_checkpoint(checkpoint)
    except HermesError:
        raise
    except (KeyError, RuntimeError, IndexError, TypeError, ValueError, AssertionError) as error:
        raise HermesError(
            f"{weights} does not fit {entry.name}: its tensors have other names or shapes"
        ) from error
    if checkpoint.kind is None:
        require_own_file(entry.weights_name, weights, checkpoint.sha256)
    return model


def load_volume_model(
    name: str,
    weights: str = "bundled",
    server: str | None = None,
    device: torch.device | None = None,
) -> "VolumeModel":
    """A model for whole volumes.

    Args:
        name: in the registry.
        weights: of a model without a server: a file or the name of an imported one.
        server: address of the server of a model that needs one; None for the usual one on this
            computer.
        device: where a model without a server computes; the CPU by default.

    Raises:
        HermesError: an unknown name, a model that segments slices; weights that are missing,
            damaged or of another model; a server that is not there.
    """
    entry = model_entry(name)
    if entry.dimensions != 3:
        raise HermesError(f"{name} segments slices, not whole volumes")
    model: VolumeModel
    if entry.needs_server:
        model = _adapter(entry).connect(server)
    else:
        loaded = built(entry, checkpoint_of(entry, weights), weights)
        model = loaded.to(device or torch.device("cpu"))
    return model


def _adapter(entry: ModelEntry) -> Any:
    """The class that an entry names."""
    module, _, adapter_class = entry.adapter.partition(":")
    return getattr(import_module(module), adapter_class)
