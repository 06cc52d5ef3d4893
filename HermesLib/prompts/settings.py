"""What a user may set about prompts."""

from dataclasses import dataclass

from HermesLib.errors import HermesError

#: Pixels around a box, at most.
MOST_PADDING = 2000.0


@dataclass(frozen=True)
class PromptSettings:
    """How prompts are refined.

    Attributes:
        padding: pixels of the slice by which the pGT's box is widened on every side, fewer on
            small slices (:class:`HermesLib.prompts.boxes.BoxStrategy`).
        keep_first: keep the random first scribbles when better ones are drawn; most are wrong.
    """

    padding: float = 10.0
    keep_first: bool = False

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: a padding that is negative or wider than any slice.
        """
        if self.padding > MOST_PADDING:
            raise HermesError(
                f"padding {self.padding:g} is wider than any slice; choose {MOST_PADDING:g} at most"
            )
        if not self.padding >= 0:
            raise HermesError(f"padding {self.padding:g} is negative; choose 0 or more pixels")
