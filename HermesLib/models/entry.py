"""What is known of a promptable model before it is loaded."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ModelEntry:
    """A promptable model and what a user should know before choosing it.

    Attributes:
        name: on the command line.
        title: for people.
        prompt_kinds: the kinds of prompts it takes, its preferred kind first; that may be a
            mixture.
        official_megabytes: size of the official checkpoint.
        licence: of the official code and weights.
        official_page: where its authors say how to get the official file.
        adapter: ``module:Class`` of the :class:`PromptableModel`, imported when it is loaded. Its
            classmethod ``from_checkpoint`` builds it, its class attribute ``kind`` is that of the
            project's checkpoints. Of a model for whole volumes, the
            :class:`HermesLib.models.volume_protocol.VolumeModel`; where that needs a server, its
            classmethod ``connect`` builds it from the address.
        mixed_kinds: the kinds that may be mixed in one prompt; empty if it takes one at a time.
        bundled: name of the small bundled weights of the same architecture; None if there are none.
        notice: what must be said where a user chooses the model, empty if nothing.
        always: the kind that is part of all its prompts; empty if there is none.
        dimensions: 2 if it segments slices, 3 if it segments a whole volume.
        needs_server: whether it runs on a server, where its weights are.
        weights_of: the model whose weight files it takes; empty for its own.
    """

    name: str
    title: str
    prompt_kinds: tuple[str, ...]
    official_megabytes: int
    licence: str
    official_page: str
    adapter: str
    mixed_kinds: tuple[str, ...] = ()
    bundled: str | None = None
    notice: str = ""
    always: str = ""
    dimensions: int = 2
    needs_server: bool = False
    weights_of: str = ""

    @property
    def weights_name(self) -> str:
        """The model whose weight files it takes."""
        return self.weights_of or self.name

    @property
    def kinds_alone(self) -> tuple[str, ...]:
        """The kinds that make a prompt of this model by themselves."""
        return (self.always,) if self.always else self.prompt_kinds


class TakesPrompts(Protocol):
    """A :class:`ModelEntry` or a loaded model."""

    @property
    def name(self) -> str:
        """The name in the registry."""
        ...

    @property
    def prompt_kinds(self) -> tuple[str, ...]:
        """The kinds of prompts it takes, its preferred kind first."""
        ...

    @property
    def mixed_kinds(self) -> tuple[str, ...]:
        """The kinds that may be mixed in one prompt."""
        ...
