"""What the number of calibration patients lets an interval promise for the next patient."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guarantee:
    """The nominal level of an interval, and the highest that its patients can guarantee.

    Attributes:
        nominal: the share of masks that the interval is meant to contain.
        guaranteed: an upper bound: the highest share of a further patient's masks that any interval
            can guarantee that was fitted on so many exchangeable patients (Lee, Barber and Willett
            2023), and at most the nominal level. An interval that was fitted without a correction
            for few patients may contain less.
        patients: the number of patients that it was fitted on.
    """

    nominal: float
    guaranteed: float
    patients: int

    @classmethod
    def of(cls, nominal: float, patients: int) -> "Guarantee":
        """By the number of patients."""
        return cls(nominal, min(nominal, guaranteed_level(patients)), patients)


def guaranteed_level(patients: int) -> float:
    """The highest share of a further patient's masks that G patients can guarantee.

    Each of them, and the patient to come, has the weight 1/(G+1), so that either end of an interval
    is sure to G/(G+1).

    >>> round(guaranteed_level(19), 3)
    0.9
    """
    return max(0.0, 1 - 2 / (patients + 1))
