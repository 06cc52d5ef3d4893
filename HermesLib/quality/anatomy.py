"""What an organ may not do between two slices: end with a large cross-section, or jump."""

from dataclasses import dataclass
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.weights.settings import checked, read_settings

#: Distance of the slices that the defaults were found with, mm.
_THICKNESS = 3.0
#: No limit, however thick the slices, is above this share of the largest cross-section.
_HIGHEST_SHARE = 0.9


@checked
@dataclass(frozen=True)
class AnatomyRule:
    """When the outline of an organ is not believed, given that of the neighbouring slice.

    An end is doubted where the last cross-section is above both ``end_share`` and ``end_area_mm2``,
    or above ``whole_share``. All limits hold at slices 3 mm apart and rise in proportion where they
    are farther apart.

    The defaults come from the true masks of 12 CTs with a spleen and 48 T2 MRs with a prostate.
    They doubt none of the 24 and 1 of the 92 true ends. A mask that is cut off anywhere is doubted
    in 89 % (spleen) and 84 % (prostate) of the cuts. With every second or third slice only, 0 and
    at most 2.3 % of the true ends are doubted.

    A step from one slice to the next is doubted where both cross-sections are above
    ``step_area_mm2`` and the share that they do not have in common, 1 - Dice, is above
    ``step_share`` at slices 3 mm apart, in proportion more where they are farther apart. That
    doubts 5 of 253 and 3 of 489 true steps of the same patients; with every second slice 3 of 238
    and 1 of 444, with every third none.

    Attributes:
        end_share, whole_share: of the volume's largest cross-section.
        end_area_mm2: area at which an end counts as large, mm2.
        step_share: 1 - Dice of neighbouring cross-sections.
        step_area_mm2: area above which two cross-sections are compared, mm2.
    """

    end_share: float = 0.35
    end_area_mm2: float = 1100.0
    whole_share: float = 0.7
    step_share: float = 0.25
    step_area_mm2: float = 1000.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: shares outside 0..1 or in the wrong order, or a negative area.
        """
        shares = 0 <= self.end_share <= self.whole_share <= 1 and 0 <= self.step_share <= 1
        if not shares or not (self.end_area_mm2 >= 0 and self.step_area_mm2 >= 0):
            raise HermesError(
                f"the anatomy rule (end {self.end_share:g}, {self.end_area_mm2:g} mm2, "
                f"{self.whole_share:g}; step {self.step_share:g}, {self.step_area_mm2:g} mm2) "
                "needs shares that rise within 0 to 1 and areas of 0 or more"
            )

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "AnatomyRule":
        """Read from a checkpoint's metadata."""
        return read_settings(cls, raw)

    def doubts_end(self, area_mm2: float, largest_mm2: float, thickness: float) -> bool:
        """Whether an organ cannot be believed to end at a cross-section.

        Args:
            area_mm2: of the cross-section.
            largest_mm2: the largest cross-section of the volume.
            thickness: distance of the slices, mm.
        """
        scale = max(1.0, thickness / _THICKNESS)

        def exceeds(share: float) -> bool:
            return area_mm2 > min(share * scale, max(share, _HIGHEST_SHARE)) * largest_mm2

        large = area_mm2 > self.end_area_mm2 * scale
        return (large and exceeds(self.end_share)) or exceeds(self.whole_share)

    def doubts_step(self, common: float, smaller_mm2: float, thickness: float) -> bool:
        """Whether two neighbouring cross-sections cannot both be believed.

        Args:
            common: Dice of the two.
            smaller_mm2: area of the smaller one.
            thickness: distance of the slices, mm.
        """
        scale = max(1.0, thickness / _THICKNESS)
        return smaller_mm2 > self.step_area_mm2 and 1 - common > self.step_share * scale
