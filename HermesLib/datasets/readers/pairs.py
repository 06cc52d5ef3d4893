"""A table of images and masks, for data in any other layout.

Columns: ``image``, ``mask``, ``patient``; ``split`` (train, validation, test), ``values`` (of the
organ in the mask, as ``1+2``; every value but 0 if empty) and ``channel`` (of a 4D image) may be
left out. Paths are relative to the table.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.readers.form import DataForm
from HermesLib.datasets.readers.listing import Found, Listing
from HermesLib.datasets.splits import PARTS, Part
from HermesLib.errors import HermesError

_REQUIRED = ("image", "mask", "patient")
COLUMNS = (*_REQUIRED, "split", "values", "channel", "modality")


def list_pairs(form: DataForm, organ: str = "") -> Listing:
    """The rows whose files exist; errors as of :func:`list_data`. Any organ is the masks' organ."""
    path = Path(form.paths[0])
    rows = _rows(path)
    found = Found()
    modalities: list[str] = []
    for number, row in enumerate(rows, 2):
        image, mask = (path.parent / row[name] for name in ("image", "mask"))
        if missing := [file for file in (image, mask) if not file.exists()]:
            found.skip(f"line {number}", f"no file {missing[0].name}")
            continue
        try:
            truth = Truth((mask,), tuple(int(value) for value in _cell(row, "values", "+")))
            channel = next((int(value) for value in _cell(row, "channel")), None)
        except ValueError as error:
            raise HermesError(
                f"{path.name}, line {number}: values and channel are whole numbers ({error})"
            ) from error
        part = _part(row, path, number)
        patient = row["patient"].strip()
        if not patient:
            raise HermesError(f"{path.name}, line {number}: no patient")
        found.cases.append(Case(patient, image, truth, patient, channel, part))
        modalities += _cell(row, "modality")
    modality = ", ".join(sorted(set(modalities))) or "MR"
    if not modalities:
        found.notes.append("no column 'modality': MR is assumed where no preset says more")
    return found.listing(path.stem, modality, [organ or "organ"])


def write_pairs(path: Path, cases: Iterable[Case], modality: str) -> None:
    """Write cases as a table that :func:`list_pairs` reads; paths become absolute.

    Raises:
        HermesError: a truth of several files.
    """
    rows = []
    for case in cases:
        if len(case.truth.files) != 1:
            raise HermesError(f"{case.patient} has several label files; a table holds one a row")
        rows.append(
            [
                case.image.absolute(),
                case.truth.files[0].absolute(),
                case.identity,
                case.part or "",
                "+".join(map(str, case.truth.values)),
                "" if case.channel is None else case.channel,
                modality,
            ]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    temporary.replace(path)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HermesError(f"cannot read the table {path}: {error}") from error
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    columns = reader.fieldnames or []
    if missing := [name for name in _REQUIRED if name not in columns]:
        raise HermesError(f"{path.name} has no column {', '.join(missing)}")
    rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
    if not rows:
        raise HermesError(f"{path.name} lists no image")
    return rows


def _cell(row: dict[str, str], name: str, separator: str | None = None) -> Sequence[str]:
    """The entries of a cell; none if it is empty or missing."""
    text = row.get(name, "").strip()
    return text.split(separator) if text else ()


def _part(row: dict[str, str], path: Path, number: int) -> Part | None:
    text = row.get("split", "").strip().lower()
    if not text:
        return None
    part = next((part for part in PARTS if part.startswith(text)), None)
    if part is None or len(text) < 3:
        raise HermesError(
            f"{path.name}, line {number}: '{text}' is no part of a split; write {', '.join(PARTS)}"
        )
    return part
