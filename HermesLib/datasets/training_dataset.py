"""Where training slices come from: ``LAYOUT:FOLDER[:FAMILY]`` on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from HermesLib.datasets.folders import read_decathlon, read_lone_slices, read_masks, read_table
from HermesLib.datasets.scribbled import read_scribbled
from HermesLib.datasets.slices import LabelledSlice, patients_of
from HermesLib.datasets.splits import Split, held_out, split_as, split_patients
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Intensity
from HermesLib.presets.registry import bundled_preset_names, load_preset
from HermesLib.weights.checkpoint import load_checkpoint

LAYOUTS = ("decathlon", "slices", "scribbled", "masks")


@dataclass(frozen=True)
class TrainingDataset:
    """One training folder. ``family`` names its patients, so that the same person is known in two folders; ``scale`` is how its volumes
    become 0..1, if not as the bundled preset of its modality does; ``organ`` is what a folder of masks without images shows."""

    layout: str
    folder: Path
    family: str | None = None
    scale: Intensity | None = None
    organ: str | None = None

    @classmethod
    def parse(cls, text: str) -> "TrainingDataset":
        """Read ``decathlon:FOLDER``, ``slices:FOLDER`` or either with ``:FAMILY``."""
        layout, _, rest = text.partition(":")
        if layout not in LAYOUTS or not rest:
            raise HermesError(
                f"'{text}' is no training folder; write LAYOUT:FOLDER[:FAMILY] with LAYOUT one of {', '.join(LAYOUTS)}"
            )
        folder, _, family = rest.partition(":")
        return cls(layout, Path(folder), family or None)

    def intensity(self) -> Intensity:
        """How the folder's volumes become 0..1."""
        if self.scale is not None:
            return self.scale
        modality = "MR" if self.layout == "scribbled" else str(read_table(self.folder)["modality"])
        wanted = "CT" if "CT" in modality else "MR"
        return next(
            preset.intensity
            for preset in map(load_preset, bundled_preset_names())
            if preset.modality == wanted
        )

    def read(self) -> list[LabelledSlice]:
        """All slices of patients that may train (see :func:`HermesLib.datasets.splits.held_out`)."""
        if self.layout == "scribbled":
            return read_scribbled(self.folder)
        if self.layout == "masks":
            if self.organ is None:
                raise HermesError("masks without images train shapes alone: hermes train baseline")
            return read_masks(self.folder, self.organ, lambda patient: not held_out(patient))
        if self.layout == "slices":
            return read_lone_slices(self.folder, self.family, lambda patient: not held_out(patient))
        return read_decathlon(
            self.folder, self.intensity(), self.family, lambda patient: not held_out(patient)
        )

    def describe(self) -> dict[str, str]:
        """For the checkpoint: the data set's name, not where it lay."""
        name = (
            self.folder.name
            if self.layout in ("scribbled", "masks")
            else read_table(self.folder)["name"]
        )
        return {"layout": self.layout, "name": name}


def read_datasets(
    sources: Sequence[TrainingDataset],
    seed: int,
    validation: float,
    test: float,
    split_of: Sequence[Path] = (),
) -> tuple[list[LabelledSlice], Split]:
    """Slices of all sources and one split over all their patients.

    ``split_of`` names weights whose held-out patients are held out here too, in place of the shares ``validation`` and ``test``.
    """
    slices = [one for source in sources for one in source.read()]
    if not slices:
        raise HermesError("the training folders hold no slice that may train")
    if not split_of:
        return slices, split_patients(patients_of(slices), seed, validation, test)
    split = split_as(patients_of(slices), [_split_of(path) for path in split_of])
    if not split.train or not split.validation:
        raise HermesError("with the split of these weights nobody is left to train or to validate")
    return slices, split


def _split_of(path: Path) -> Split:
    """Who trained, validated and tested the weights in a file."""
    told = load_checkpoint(path).training.get("split")
    if told is None:
        raise HermesError(f"{path.name} does not say on which patients it was trained")
    return Split(*(tuple(told[part]) for part in ("train", "validation", "test")))
