"""Readers by the name of their layout. A new layout is one module and one entry here."""

from dataclasses import dataclass
from importlib import import_module

from HermesLib.datasets.readers.form import DataForm, layout_of, parse_form
from HermesLib.datasets.readers.listing import Listing
from HermesLib.errors import HermesError


@dataclass(frozen=True)
class ReaderEntry:
    """One layout.

    Attributes:
        name: what users write before the first colon.
        title: of the data set, for people.
        form: how it is written.
        reader: ``module:function`` of ``(form, organ) -> Listing``; an empty organ is any.
        licence: of the data, as their owners state it.
        paths: how many paths the form begins with.
        words: options, of which one may follow.
        names: of the paths that may follow as ``NAME=PATH``.
    """

    name: str
    title: str
    form: str
    reader: str
    licence: str
    paths: int = 1
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> DataForm:
        """Read a form of this layout; errors as of :func:`parse_form`."""
        return parse_form(text, self.paths, self.words, self.names, self.form)


_PACKAGE = "HermesLib.datasets.readers"
READERS: dict[str, ReaderEntry] = {
    entry.name: entry
    for entry in (
        ReaderEntry(
            "picai",
            "PI-CAI, public training and development set",
            "picai:IMAGES:LABELS[:bosma22b|guerbet23]",
            f"{_PACKAGE}.picai:list_picai",
            "CC BY-NC 4.0 (images and labels)",
            paths=2,
            words=("bosma22b", "guerbet23"),
        ),
        ReaderEntry(
            "prostatex",
            "PROSTATE-X: the studies of PI-CAI that come from it",
            "prostatex:IMAGES:LABELS[:bosma22b|guerbet23][:expert=PROSTATEX_MASKS]",
            f"{_PACKAGE}.prostatex:list_prostatex",
            "CC BY-NC 4.0 (images and labels); expert masks CC BY 4.0",
            paths=2,
            words=("bosma22b", "guerbet23"),
            names=("expert",),
        ),
        ReaderEntry(
            "flare21",
            "FLARE21, abdominal CT",
            "flare21:FOLDER",
            f"{_PACKAGE}.flare21:list_flare21",
            "see the challenge's terms",
        ),
        ReaderEntry(
            "msd",
            "Medical Segmentation Decathlon, one task",
            "msd:TASK_FOLDER",
            f"{_PACKAGE}.msd:list_msd",
            "CC BY-SA 4.0",
        ),
        ReaderEntry(
            "amos",
            "AMOS22, abdominal CT and MR",
            "amos:FOLDER[:ct|mr]",
            f"{_PACKAGE}.amos:list_amos",
            "CC BY 4.0",
            words=("ct", "mr"),
        ),
        ReaderEntry(
            "totalsegmentator",
            "TotalSegmentator's training data, CT or MR",
            "totalsegmentator:FOLDER",
            f"{_PACKAGE}.totalsegmentator:list_totalsegmentator",
            "CC BY 4.0",
        ),
        ReaderEntry(
            "nnunet",
            "a data set in nnU-Net's raw format",
            "nnunet:FOLDER",
            f"{_PACKAGE}.nnunet:list_nnunet",
            "your own",
        ),
        ReaderEntry(
            "pairs",
            "a table of images and masks",
            "pairs:TABLE.csv",
            f"{_PACKAGE}.pairs:list_pairs",
            "your own",
        ),
    )
}


def is_reader_form(text: str) -> bool:
    """Whether a text names data of one of these layouts."""
    return layout_of(text) in READERS


def reader_of(text: str) -> ReaderEntry:
    """The entry of a form's layout.

    Raises:
        HermesError: there is none.
    """
    layout = layout_of(text)
    if layout not in READERS:
        forms = ", ".join(entry.form for entry in READERS.values())
        raise HermesError(f"'{text}' names no layout that can be checked; write one of {forms}")
    return READERS[layout]


def list_data(text: str, organ: str = "") -> Listing:
    """The cases of a form.

    Args:
        text: as the user wrote it.
        organ: name in the data set's labels; any of them if empty.

    Raises:
        HermesError: another form, no such folder or organ, or tables that cannot be read.
    """
    entry = reader_of(text)
    module, _, function = entry.reader.partition(":")
    listing: Listing = getattr(import_module(module), function)(entry.parse(text), organ)
    return listing
