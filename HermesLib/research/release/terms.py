"""What this project's model cards say of its data: terms of use, test patients, limits."""

from collections.abc import Collection

#: What the data sets' owners require of those who use what was trained on them.
TERMS = {
    "promise12": "PROMISE12 challenge (Litjens 2014), research use, cite the challenge",
    "btcv-slices": "BTCV, Synapse terms, research use",
    "synapse-ct": (
        "BTCV cases as prepared for TransUNet, research use, prepared data not passed on"
    ),
    "ircad-01": "3D-IRCADb-01, CC BY-NC-ND 3.0",
    "spleen-small": (
        "one case of MSD Task09, CC BY-SA 4.0; two of AMOS, CC BY 4.0; slices of one patient, "
        "CC BY 4.0"
    ),
    "prostate158-sample": "Prostate158 (Charite), open, cite Adams 2022",
    "medscribble": "MedScribble (ScribblePrompt), each task under its data set's terms",
    "picai-masks": "PI-CAI whole-gland masks by an algorithm (Bosma22b), CC BY-NC 4.0",
    "phantom": "procedural, made by this project, no terms",
}
USE = "Research use only: the training data's terms allow no other."
LIMITS = {
    "rival": (
        "A small reimplementation of a published method, for comparison with the QC core; not "
        "its authors' code or weights. Judges single axial slices of one organ in one modality."
    ),
    "promptable": (
        "A small model for tests, demonstrations and research on the loop; far below the official "
        "weights on objects other than those it was trained on."
    ),
}
_TEST_PATIENTS = (
    "PROSTATE-X patients and the eleven BTCV test patients (1, 2, 3, 4, 22, 25, 29, 32, 35, 36, "
    "38) were never read in training."
)
_CROSS_FITTED = (
    "PROSTATE-X patients were never read in training. All others train, each in all folds but one: "
    "figures of them are out of fold."
)
_PICAI = (
    "That holds for images. PI-CAI includes studies of PROSTATE-X without naming their patients: "
    "shapes of them were read, the masks of the six test patients were not (no shape on their "
    "grids has a Dice above 0.93 with one of theirs)."
)


def split_notes(data_sets: Collection[str], *, cross_fitted: bool = False) -> tuple[str, ...]:
    """What a card says of the test patients, by the data sets that were read."""
    note = _CROSS_FITTED if cross_fitted else _TEST_PATIENTS
    return (note, _PICAI) if "picai-masks" in data_sets else (note,)
