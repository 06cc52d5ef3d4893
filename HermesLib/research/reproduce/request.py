"""What a reproduction is made of: data, weights, folder, and how long it trains."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from HermesLib.datasets.readers.registry import READERS
from HermesLib.errors import HermesError
from HermesLib.io.whole_file import write_whole
from HermesLib.training.qc_settings import QualityTraining

#: Rivals that draw a pGT, as the paper compares them.
RIVALS = ("nnqc", "cvae", "postdae", "galati", "wang")
_SETTINGS = "settings.json"


@dataclass(frozen=True)
class Lengths:
    """Steps of the trainings.

    The paper does not say how long it trained. More than of the bundled weights, as there are
    twenty times as many patients.
    """

    autoencoder: int = 2000
    experts: int = 6000
    diffusion: int = 8000
    rival: int = 4000
    batch: int = 16

    def quality(self, seed: int) -> QualityTraining:
        """Settings of the QC core's training."""
        validated = max(1, min(500, self.diffusion))
        return QualityTraining(
            self.autoencoder,
            self.experts,
            self.diffusion,
            batch=self.batch,
            decoded_weight=1.0,
            validate_every=validated,
            seed=seed,
        )


#: To see that everything runs; the figures mean nothing.
QUICK = Lengths(4, 4, 4, 4, batch=4)


@dataclass(frozen=True)
class Experiment:
    """One organ of the paper: where it trains and where it tests, as forms of data.

    Attributes:
        name: of its folder.
        preset: bundled preset whose organ, intensities and model are taken.
        train: what trains; only patients outside the test.
        test: what tests; None: a fifth of the patients of ``train``, by the seed.
        expert: the same test images with readers' masks; None without.
    """

    name: str
    preset: str
    train: str
    test: str | None = None
    expert: str | None = None

    @property
    def own_preset(self) -> str:
        """The name of the preset with the weights that are trained here."""
        return f"{self.name}-paper"


@dataclass(frozen=True)
class ReproduceRequest:
    """A reproduction.

    Attributes:
        experiments: the organs.
        folder: takes everything.
        weights: of promptable models by name, the bundled small ones of all others.
        rivals: published QCs that are trained and measured beside HERMES.
        limit: how many training studies of each organ; all if None.
        lengths: of the trainings.
        seed, device, workers: of trainings and measurements.
    """

    experiments: tuple[Experiment, ...]
    folder: Path
    weights: tuple[tuple[str, str], ...] = ()
    rivals: tuple[str, ...] = RIVALS
    limit: int | None = None
    lengths: Lengths = Lengths()
    seed: int = 0
    device: str = "auto"
    workers: int = 1

    def settings(self) -> dict[str, Any]:
        """What must not change between two calls that share a folder."""
        plain = asdict(self)
        for name in ("folder", "device", "workers"):
            del plain[name]
        settings: dict[str, Any] = json.loads(json.dumps(plain))
        return settings

    def keep_settings(self) -> None:
        """Write the settings into the folder, or compare them with those of an earlier call.

        Raises:
            HermesError: the folder holds a reproduction with others.
        """
        path = self.folder / _SETTINGS
        if path.is_file():
            earlier = json.loads(path.read_text(encoding="utf-8"))
            settings = self.settings()
            if changed := [name for name in settings if settings[name] != earlier.get(name)]:
                raise HermesError(
                    f"{self.folder} holds a reproduction with other {', '.join(changed)}; "
                    "choose another folder or remove it"
                )
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(self.settings(), indent=1) + "\n")


def prostate_experiment(picai: str, prostatex: str | None) -> Experiment:
    """PI-CAI without the studies of PROSTATE-X trains, these test.

    Args:
        picai: ``IMAGES:LABELS[:bosma22b|guerbet23]``.
        prostatex: the same with ``:expert=FOLDER``; by default the test images are those of
            ``picai``.
    """
    train = f"picai:{picai}"
    READERS["picai"].parse(train)
    test = f"prostatex:{prostatex or picai}"
    form = READERS["prostatex"].parse(test)
    expert = form.path_named("expert")
    if expert is None:
        return Experiment("prostate", "prostate-t2", train, test)
    by_algorithm = ":".join(["prostatex", *form.paths, *form.words])
    return Experiment("prostate", "prostate-t2", train, by_algorithm, test)


def spleen_experiment(flare21: str) -> Experiment:
    """FLARE21: a fifth of its patients test, the others train."""
    train = f"flare21:{flare21}"
    READERS["flare21"].parse(train)
    return Experiment("spleen", "spleen-ct", train)
