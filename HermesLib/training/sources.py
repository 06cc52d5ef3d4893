"""Where training slices come from: ``LAYOUT:FOLDER[:FAMILY]`` on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from HermesLib.data.folders import read_decathlon, read_lone_slices, read_table
from HermesLib.data.scribbled import read_scribbled
from HermesLib.data.slices import LabelledSlice, patients_of
from HermesLib.data.splits import Split, held_out, split_patients
from HermesLib.errors import HermesError
from HermesLib.presets import Intensity, bundled_preset_names, load_preset

LAYOUTS = ("decathlon", "slices", "scribbled")


@dataclass(frozen=True)
class Source:
    """One training folder. ``family`` names its patients, so that the same person is known in two folders; ``scale`` is how its volumes
    become 0..1, if not as the bundled preset of its modality does."""

    layout: str
    folder: Path
    family: str | None = None
    scale: Intensity | None = None

    @classmethod
    def parse(cls, text: str) -> "Source":
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
        return next(preset.intensity for preset in map(load_preset, bundled_preset_names()) if preset.modality == wanted)

    def read(self) -> list[LabelledSlice]:
        """All slices of patients that may train (see :func:`HermesLib.data.splits.held_out`)."""
        if self.layout == "scribbled":
            return read_scribbled(self.folder)
        if self.layout == "slices":
            return read_lone_slices(self.folder, self.family, lambda patient: not held_out(patient))
        return read_decathlon(self.folder, self.intensity(), self.family, lambda patient: not held_out(patient))

    def describe(self) -> dict[str, str]:
        """For the checkpoint: the data set's name, not where it lay."""
        name = self.folder.name if self.layout == "scribbled" else read_table(self.folder)["name"]
        return {"layout": self.layout, "name": name}


def read_sources(sources: Sequence[Source], seed: int, validation: float, test: float) -> tuple[list[LabelledSlice], Split]:
    """Slices of all sources and one split over all their patients."""
    slices = [one for source in sources for one in source.read()]
    if not slices:
        raise HermesError("the training folders hold no slice that may train")
    return slices, split_patients(patients_of(slices), seed, validation, test)
