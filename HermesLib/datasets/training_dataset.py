"""Training data, written ``LAYOUT:FOLDER...`` on the command line, and their split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from HermesLib.datasets.folders import (
    every_patient,
    parse_folder,
    read_decathlon,
    read_lone_slices,
    read_masks,
    read_table,
)
from HermesLib.datasets.readers.listing import Listing
from HermesLib.datasets.readers.registry import is_reader_form, list_data, reader_of
from HermesLib.datasets.readers.slices import read_case_slices
from HermesLib.datasets.scribbled import read_scribbled
from HermesLib.datasets.slices import LabelledSlice, patients_of
from HermesLib.datasets.splits import (
    Split,
    SplitOptions,
    describe_patients,
    folder_split,
    merge_splits,
    read_split,
    split_as,
    split_listed,
    split_patients,
)
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Intensity
from HermesLib.presets.registry import bundled_preset_names, load_preset
from HermesLib.weights.checkpoint import load_checkpoint

LAYOUTS = ("decathlon", "slices", "scribbled", "masks")


@dataclass(frozen=True)
class TrainingDataset:
    """One data set: a training folder, or what a reader finds.

    Attributes:
        layout: one of :data:`LAYOUTS`, or of a reader.
        folder: where it is; the first path of a reader's form.
        family: begins the identities of its patients, so that a person in two folders is one
            patient; the data set's name if None.
        scale: how its volumes are mapped to 0..1; as the bundled preset of its modality if None.
        organ: what a folder of masks without images shows, and what a reader reads.
        form: as the user wrote it, for a reader (:mod:`HermesLib.datasets.readers`).
        store: where a reader keeps slices on disk; in memory if None.
    """

    layout: str
    folder: Path
    family: str | None = None
    scale: Intensity | None = None
    organ: str | None = None
    form: str | None = None
    store: Path | None = None

    @classmethod
    def parse(cls, text: str, layouts: Sequence[str] = LAYOUTS) -> "TrainingDataset":
        """Read ``LAYOUT:FOLDER[:FAMILY]`` or a reader's form.

        Raises:
            HermesError: another form, or a layout that is neither a reader's nor in ``layouts``.
        """
        if is_reader_form(text):
            form = reader_of(text).parse(text)
            return cls(form.layout, Path(form.paths[0]), form=text)
        return cls(*parse_folder(text, layouts))

    def listing(self) -> Listing:
        """What the reader finds of the organ, or of any organ if none was named."""
        assert self.form is not None, "a folder has no reader"
        return list_data(self.form, self.organ or "")

    def organs(self) -> list[str]:
        """The names that the data set labels."""
        if self.form is not None:
            return list(self.listing().organs)
        labels = read_table(self.folder)["labels"]
        names = list(labels.values()) if isinstance(labels, dict) else list(labels)
        return [str(name) for name in names[1:]]

    def modality(self) -> str:
        """``CT`` or ``MR``."""
        if self.layout == "scribbled":
            return "MR"
        stated = self.listing().modality if self.form else read_table(self.folder).get("modality")
        return "CT" if "CT" in str(stated) else "MR"

    def own_split(self) -> Split | None:
        """The split that comes with the data: ``split.json``, or that of a reader's data set."""
        return self.listing().split() if self.form is not None else folder_split(self.folder)

    def intensity(self) -> Intensity:
        """How the folder's volumes are mapped to 0..1."""
        if self.scale is not None:
            return self.scale
        wanted = self.modality()
        return next(
            preset.intensity
            for preset in map(load_preset, bundled_preset_names())
            if preset.modality == wanted
        )

    def read(self, keep: Callable[[str], bool] = every_patient) -> list[LabelledSlice]:
        """All slices of the patients that ``keep`` accepts."""
        if self.layout == "scribbled":
            return [item for item in read_scribbled(self.folder) if keep(item.patient)]
        if self.layout == "masks":
            if self.organ is None:
                raise HermesError("masks without images train shape models only")
            return read_masks(self.folder, self.organ, keep)
        if self.form is not None:
            if self.organ is None:
                raise HermesError(f"{self.form} is read for one organ; this training reads several")
            found = self.listing()
            scale = self.intensity()
            slices = read_case_slices(found.cases, self.organ, found.name, scale, self.store, keep)
            return list(slices)
        if self.layout == "slices":
            return read_lone_slices(self.folder, self.family, keep)
        return read_decathlon(self.folder, self.intensity(), self.family, keep)

    def describe(self) -> dict[str, str]:
        """For the checkpoint: layout and name of the data set, not its path."""
        if self.form is not None:
            return {"layout": self.layout, "name": self.listing().name}
        name = (
            self.folder.name
            if self.layout in ("scribbled", "masks")
            else read_table(self.folder)["name"]
        )
        return {"layout": self.layout, "name": name}


@dataclass(frozen=True, eq=False)
class SplitSlices:
    """Slices of training folders, the split of their patients, and the patients left out."""

    slices: list[LabelledSlice]
    split: Split
    left_out: tuple[str, ...] = ()


def read_datasets(
    datasets: Sequence[TrainingDataset],
    options: SplitOptions,
    seed: int,
    say: Callable[[str], None] = lambda line: None,
) -> SplitSlices:
    """Slices of all folders and one split over all their patients.

    Patients that are left out are reported through ``say``, too.

    Raises:
        HermesError: nothing to train on, or splits that contradict each other.
    """
    left_out: set[str] = set()

    def keep(patient: str) -> bool:
        if options.leaves_out(patient):
            left_out.add(patient)
            return False
        return True

    slices: list[LabelledSlice] = []
    patients: list[list[str]] = []
    for dataset in datasets:
        read = dataset.read(keep)
        slices += read
        patients.append(patients_of(read))
    if left_out:
        say(f"left out on request: {describe_patients(left_out)}")
    if not slices:
        raise HermesError("the training folders hold no slice to train on")
    if options.weights:
        return SplitSlices(slices, _split_of_weights(patients, options), tuple(sorted(left_out)))
    split = _split_of_folders(datasets, patients, options, seed, say)
    listed = {*split.train, *split.validation, *split.test}
    unlisted = {item.patient for item in slices} - listed
    included = [item for item in slices if item.patient in listed]
    return SplitSlices(included, split, tuple(sorted(left_out | unlisted)))


def _split_of_weights(patients: Sequence[Sequence[str]], options: SplitOptions) -> Split:
    if options.file is not None:
        raise HermesError("the split follows either a file or other weights; name one of them")
    everyone = [patient for names in patients for patient in names]
    split = split_as(everyone, [_split_of(path) for path in options.weights])
    if not split.train or not split.validation:
        raise HermesError("the split of these weights leaves no patient to train or to validate")
    return split


def _split_of_folders(
    datasets: Sequence[TrainingDataset],
    patients: Sequence[Sequence[str]],
    options: SplitOptions,
    seed: int,
    say: Callable[[str], None],
) -> Split:
    """Patients as their split file lists them; those of folders without a file by the seed."""
    file_split = read_split(options.file) if options.file is not None else None
    splits = []
    shuffled: list[str] = []
    for dataset, names in zip(datasets, patients, strict=True):
        listed = file_split or dataset.own_split()
        if listed and dataset.form and file_split is None and not listed.validation:
            # Few data sets name who validates: a part of those who train does.
            cut = split_patients(listed.train, seed, options.validation, 0.0)
            listed = Split(cut.train, cut.validation, listed.test)
        if listed is None:
            shuffled += names
            continue
        split, unlisted = split_listed(names, listed)
        splits.append(split)
        if unlisted:
            say(f"left out, not in the split of {dataset.folder}: {describe_patients(unlisted)}")
    if shuffled:
        splits.append(split_patients(shuffled, seed, options.validation, options.test))
    return merge_splits(splits)


def _split_of(path: Path) -> Split:
    """The split that a weight file records."""
    recorded = load_checkpoint(path).training.get("split")
    if recorded is None:
        raise HermesError(f"{path.name} does not record which patients it was trained on")
    return Split.from_plain(recorded)
