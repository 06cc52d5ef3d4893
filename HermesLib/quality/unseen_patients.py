"""What a calibrated score is worth on patients that its curve has not seen."""

from dataclasses import dataclass

from HermesLib.weights.settings import Patients, Share, checked


@checked
@dataclass(frozen=True)
class UnseenPatients:
    """Figures of estimates by curves that were fitted without the patient.

    Every patient has the same weight.

    Attributes:
        patients, masks: of how many.
        parts: into how many parts the patients were divided, each left out once.
        raw_bias, raw_error: mean difference from the true Dice, and its mean size, before the
            calibration.
        bias, error: the same of the estimate.
        covered: share of the masks whose true Dice is in the interval.
        least_covered: the same of the patient with the fewest.
        width: mean width of the interval, in Dice.
    """

    patients: Patients
    masks: int
    parts: int
    raw_bias: float
    raw_error: Share
    bias: float
    error: Share
    covered: Share
    least_covered: Share
    width: Share

    def line(self, coverage: float) -> str:
        """The figures in one line.

        >>> figures = UnseenPatients(9, 80, 9, -0.08, 0.1, 0.01, 0.06, 0.88, 0.5, 0.31)
        >>> figures.line(0.9)  # doctest: +NORMALIZE_WHITESPACE
        '80 masks of 9 patients left out in turn: bias -0.080 before and 0.010 after, mean error
        0.100 before and 0.060 after; 88 % in the 90 % interval (of one patient 50 %), which is 0.31
        wide on average'

        Args:
            coverage: the nominal level of the interval.
        """
        return (
            f"{self.masks} masks of {self.patients} patients left out in turn: bias"
            f" {self.raw_bias:.3f} before and {self.bias:.3f} after, mean error"
            f" {self.raw_error:.3f} before and {self.error:.3f} after; {self.covered:.0%} in the"
            f" {coverage:.0%} interval (of one patient {self.least_covered:.0%}), which is"
            f" {self.width:.2f} wide on average".replace("%", " %")
        )
