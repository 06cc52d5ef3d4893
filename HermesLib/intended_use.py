"""What HERMES and its results are for, wherever a user chooses or a result leaves the program."""

from typing import Final

#: In reports, pictures, DICOM objects and the help of each command.
INTENDED_USE: Final = "For research. Not a medical device, not for clinical use."
#: The same in few words, without the signs that separate parameters in DICOM.
RESEARCH_ONLY: Final = "research only; not a medical device"
