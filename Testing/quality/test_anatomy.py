"""When the end of an organ, or a step of its outline, is not believed."""

import pytest

from HermesLib.quality.anatomy import AnatomyRule

RULE = AnatomyRule(
    end_share=0.35, end_area_mm2=1000, whole_share=0.7, step_share=0.25, step_area_mm2=1000
)


@pytest.mark.parametrize(
    ("area", "thickness", "doubted"),
    [
        (1001, 3.0, True),  # above both limits of 350 and 1000 mm2
        (999, 3.0, False),
        (1001, 6.0, False),  # slices twice as far apart: limits of 700 and 2000 mm2
        (1801, 6.0, True),  # above the share of 0.9 that no thickness exceeds
        (1799, 6.0, False),
        (1001, 1.0, True),  # thin slices do not lower the limits
        (999, 1.0, False),
    ],
)
def test_an_end_is_doubted_above_limits_that_rise_with_the_distance_of_the_slices(
    area: float, thickness: float, doubted: bool
):
    assert RULE.doubts_end(area, 2000, thickness) is doubted


def test_a_small_organ_is_doubted_only_where_it_ends_almost_whole():
    assert RULE.doubts_end(80, 100, 3.0) and not RULE.doubts_end(60, 100, 3.0)


@pytest.mark.parametrize(
    ("common", "area", "thickness", "doubted"),
    [
        (0.74, 1001, 3.0, True),
        (0.76, 1001, 3.0, False),
        (0.74, 999, 3.0, False),
        (0.74, 1001, 6.0, False),
        (0.49, 1001, 6.0, True),
    ],
)
def test_a_step_is_doubted_where_two_large_cross_sections_have_little_in_common(
    common: float, area: float, thickness: float, doubted: bool
):
    assert RULE.doubts_step(common, area, thickness) is doubted
