"""The steps of sweeps over an organ's size and place. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from HermesLib.errors import HermesError

SweepKind = Literal["size", "shift"]
KINDS: tuple[SweepKind, ...] = get_args(SweepKind)
#: Factors of the organ's volume, and shifts in radii of the organ.
FACTORS = (0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0)
DISTANCES = (0.0, 0.25, 0.5, 1.0)
#: Directions of a shift on axial slices: (slices, rows, columns); ``inwards`` is away from the
#: nearest wall of the body, within the slice.
DIRECTIONS: dict[str, tuple[int, int, int] | None] = {
    "inwards": None,
    "front": (0, -1, 0),
    "back": (0, 1, 0),
    "head": (1, 0, 0),
    "feet": (-1, 0, 0),
}
#: An organ at the wall cannot move back, one at the end of a volume not beyond it.
DEFAULT_DIRECTIONS = ("inwards", "front", "head", "feet")
#: Beyond these a warp is no longer a picture of a patient.
_SMALLEST, _LARGEST, _FURTHEST = 0.1, 8.0, 2.0


@dataclass(frozen=True)
class Warp:
    """One step of a sweep.

    Attributes:
        kind: what changes.
        amount: factor of the organ's volume, or distance in radii of the organ.
        direction: of a shift, a name of :data:`DIRECTIONS`.
    """

    kind: SweepKind
    amount: float
    direction: str = ""

    @property
    def changes_nothing(self) -> bool:
        """Whether image and truth stay as they are."""
        return self.amount == (1.0 if self.kind == "size" else 0.0)

    @property
    def title(self) -> str:
        """For people: ``size x0.5``, ``shift 0.25 head``."""
        sign = "x" if self.kind == "size" else ""
        return " ".join(filter(None, (self.kind, f"{sign}{self.amount:g}", self.direction)))


def size_sweep(factors: Sequence[float] = FACTORS) -> tuple[Warp, ...]:
    """One warp for each factor of the organ's volume, in increasing order.

    Raises:
        HermesError: a factor that the warp is not made for.
    """
    for factor in factors:
        if not _SMALLEST <= factor <= _LARGEST:
            raise HermesError(
                f"an organ of {factor:g} times its volume is out of range; "
                f"choose {_SMALLEST:g} to {_LARGEST:g}"
            )
    return tuple(Warp("size", factor) for factor in sorted(set(factors)))


def shift_sweep(
    distances: Sequence[float] = DISTANCES, directions: Sequence[str] = DEFAULT_DIRECTIONS
) -> tuple[Warp, ...]:
    """One warp for each distance and direction; where the organ stays, there is no direction.

    Args:
        distances: in radii of the organ.
        directions: names of :data:`DIRECTIONS`.

    Raises:
        HermesError: a distance that the warp is not made for.
    """
    for distance in distances:
        if not 0 <= distance <= _FURTHEST:
            raise HermesError(
                f"a shift by {distance:g} radii is out of range; choose 0 to {_FURTHEST:g}"
            )
    warps = []
    for distance in sorted(set(distances)):
        for direction in dict.fromkeys(directions) if distance else ("",):
            warps.append(Warp("shift", distance, direction))
    return tuple(warps)
