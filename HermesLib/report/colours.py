"""The colours of outlines, differences and prompts, one code for the panel and the overview.

They differ by at least 24 units of CIELAB for every pair, also for readers without red, green or
blue cones (simulated after Machado et al. 2009); a test holds it.
"""

from functools import cache
from typing import Final

MASK: Final = "#00FFFF"
EXPECTED: Final = "#FF33CC"
MASK_ONLY: Final = "#FF9900"
EXPECTED_ONLY: Final = "#0060FF"
POSITIVE_PROMPT: Final = "#FFFF99"
NEGATIVE_PROMPT: Final = "#F00020"
RESULT: Final = "#009E73"
#: Older outlines recede: grey is not part of the code.
PREVIOUS: Final = "#A6A6A6"

#: What each colour stands for, in the order of legends.
WORDS: Final = {
    MASK: "mask",
    EXPECTED: "expected outline",
    MASK_ONLY: "only in mask",
    EXPECTED_ONLY: "only in expected outline",
    POSITIVE_PROMPT: "prompt +",
    NEGATIVE_PROMPT: "prompt \u2212",
    RESULT: "accepted",
}


def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1.

    >>> rgb(MASK)
    (0.0, 1.0, 1.0)
    """
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def contrast(first: str, second: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2 defines it; text needs 4.5.

    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return round((lighter + 0.05) / (darker + 0.05), 2)


@cache
def text_on(background: str) -> str:
    """Black or white, whichever is read better; their contrast is never below 4.58.

    >>> text_on(MASK), text_on(EXPECTED_ONLY)
    ('#000000', '#FFFFFF')
    """
    return max(("#000000", "#FFFFFF"), key=lambda text: contrast(text, background))


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in rgb(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
