"""The rivals' entries in the registry of quality controls; listing them imports no network."""

from HermesLib.quality.registry import QualityEntry

#: Title of every rival by its name, which is also the kind that its weights name.
RIVAL_TITLES = {
    "postdae": "post-DAE (Larrazabal 2020)",
    "cvae": "constrained VAE (Painchaud 2020)",
    "galati": "autoencoder (Galati 2021)",
    "wang": "VAE of pairs (Wang 2020)",
    "nnqc": "peer after nnQC (Marciano 2025)",
    "regression": "regression of the Dice (Robinson 2018)",
    "mask-regression": "regression from the mask alone (Billot 2023)",
    "error-map": "regression with an error map (Qiu 2023)",
}

RIVAL_ENTRIES = tuple(
    QualityEntry(
        name=kind,
        kind=kind,
        title=title,
        build="HermesLib.research.rivals.registry:build_rival",
        bundled="HermesLib.research.rivals.registry:bundled_rival",
    )
    for kind, title in RIVAL_TITLES.items()
)
