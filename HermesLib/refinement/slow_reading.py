"""What is said where a model takes long to read a slice: the user waits, and for how long."""

from HermesLib.progress import progress, time_words

#: A slice that is read faster is not worth words, seconds.
SLOW = 2.0


def say_reading_time(seconds: float, slices: int) -> None:
    """Say how long the model will still read, where it is slow.

    Args:
        seconds: that it took to read one slice.
        slices: that it has not read yet.
    """
    if seconds >= SLOW and slices:
        noun = "slice" if slices == 1 else "slices"
        progress(
            f"the model takes {time_words(seconds)} to read a slice: about"
            f" {time_words(seconds * slices)} left for {slices} {noun}"
        )
