"""What a user may set about prompts."""

from dataclasses import dataclass

from HermesLib.errors import HermesError

#: Pixels around a box, at most.
MOST_PADDING = 2000.0
#: Examples of a slice, at most: time and memory of an in-context model grow with their number.
MOST_EXAMPLES = 64


@dataclass(frozen=True)
class PromptSettings:
    """How prompts are refined.

    Attributes:
        padding: pixels of the slice by which the pGT's box is widened on every side, fewer on
            small slices (:class:`HermesLib.prompts.boxes.BoxStrategy`).
        keep_first: keep the random first scribbles when better ones are drawn; most are wrong.
        most_examples: how many examples an in-context model gets besides the slice itself.
    """

    padding: float = 10.0
    keep_first: bool = False
    most_examples: int = 8

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: a padding that is negative or wider than any slice; a number of examples
                that is out of range.
        """
        if not 1 <= self.most_examples <= MOST_EXAMPLES:
            raise HermesError(
                f"{self.most_examples} examples are out of range; choose 1 to {MOST_EXAMPLES}"
            )
        if self.padding > MOST_PADDING:
            raise HermesError(
                f"padding {self.padding:g} is wider than any slice; choose {MOST_PADDING:g} at most"
            )
        if not self.padding >= 0:
            raise HermesError(f"padding {self.padding:g} is negative; choose 0 or more pixels")
