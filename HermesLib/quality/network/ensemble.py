"""The networks of an ensemble: members on slices and context networks on the volume."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from HermesLib.quality.network.context import ContextConfig, ContextNetwork
from HermesLib.quality.network.member import EnsembleMember, MemberConfig
from HermesLib.weights.settings import checked, read_settings


@checked
@dataclass(frozen=True)
class EnsembleConfig:
    """An ensemble's networks; stored with the weights.

    Attributes:
        member: settings of all members.
        members: their number, that of the folds of the patients: member k was trained on all
            patients but those of fold k.
        context: settings of the context networks; None without any.
    """

    member: MemberConfig
    members: Annotated[int, Field(ge=1, le=100)]
    context: ContextConfig | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "EnsembleConfig":
        """Read from a checkpoint's metadata.

        Raises:
            HermesError: no member, values that do not fit, or settings that this version does not
                know.
        """
        return read_settings(cls, raw)


class EnsembleNetworks(nn.Module):
    """All members, and as many context networks or none."""

    def __init__(self, config: EnsembleConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(EnsembleMember(config.member) for _ in range(config.members))
        contexts = [] if config.context is None else [config.context] * config.members
        self.contexts = nn.ModuleList(ContextNetwork(context) for context in contexts)
