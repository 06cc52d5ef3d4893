"""How much the interval of a score contains of the masks of a patient that nobody has met."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guarantee:
    """How much an interval contains.

    Attributes:
        nominal: the share of masks that it is meant to contain.
        guaranteed: the share of a further patient's masks that it is sure to contain on average
            over exchangeable patients (Lee, Barber and Willett 2023); at most the nominal one.
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
