"""Train the input check of a preset, one small network for each fold of the patients.

The threshold comes out of fold: from what each network says of the patients it was not trained on.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import Augmentation, sampling_grid, vary_intensity
from HermesLib.devices import select_device
from HermesLib.evaluation.wrong_input import CT
from HermesLib.quality.network.input_check import (
    InputCheck,
    InputCheckConfig,
    InputNetwork,
    volume_evidence,
)
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.input_bank import RIGHT, BankEntry, InputBank
from HermesLib.training.optimisation import Learner, RateSchedule, RunningAverage
from HermesLib.training.run_folder import TrainingRun
from HermesLib.weights.checkpoint import save_checkpoint

#: Weights of the volume's mean that are compared.
SHARES = (0.0, 0.5, 0.8)


@dataclass(frozen=True)
class InputCheckTraining:
    """Settings of the training.

    Attributes:
        steps, batch: batches of each network, and squares in each; half of them are right.
        rate, weight_decay, clip, average: as of
            :class:`HermesLib.training.trainer.TrainerSettings`.
        every: steps between reports.
        seed: of all randomness.
        familiar: share of left-out right slices above the threshold.
        left_out_kinds: kinds that no network is trained on: does it know them all the same?
        augmentation: of right and wrong squares alike.
    """

    steps: int = 400
    batch: int = 48
    rate: float = 3e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.98
    every: int = 50
    seed: int = 0
    familiar: float = 0.995
    left_out_kinds: tuple[str, ...] = ()
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(
            zoom=(0.75, 1.3), rotation_degrees=15.0, flip=0.0, gamma=0.2, bias=0.1, noise=0.04
        )
    )


def default_input_check_training(modality: str, **given: Any) -> InputCheckTraining:
    """Settings of a modality; ``given`` replaces some of them."""
    settings = InputCheckTraining(**given)
    if modality == CT:
        return settings
    # Without a scale, contrast and coil vary much more; a pelvis is the same from either side.
    views = replace(settings.augmentation, flip=0.5, gamma=0.35, bias=0.5)
    return replace(settings, augmentation=views)


def train_input_check(
    bank: InputBank,
    folds: Folds,
    config: InputCheckConfig,
    settings: InputCheckTraining,
    folder: Path,
    recorded: dict[str, Any],
    say: Callable[[str], None] = print,
    device_name: str = "cpu",
) -> Path:
    """Train all networks, find the threshold, and write ``input-check.safetensors``.

    Args:
        bank: squares of ``config.grid``, right and wrong.
        folds: of the right patients. Others are divided by their names.
        config: sizes; members, threshold and share are set here.
        settings: of the training.
        folder: of the run; the same call resumes an interrupted one.
        recorded: what else the weights record.
        say: takes the figures of each kind.
        device_name: ``auto``, ``cpu`` or ``cuda``.

    Returns:
        The weights. Their training record holds the figures.
    """
    entries = bank.entries
    fold_of = np.array([_fold(entry.patient, folds) for entry in entries])
    right = np.array([entry.kind == RIGHT for entry in entries])
    left_out = np.array([entry.kind in settings.left_out_kinds for entry in entries])
    check = InputCheck(replace(config, members=len(folds)))
    log_odds = np.zeros(len(entries))
    for fold in range(len(folds)):
        rows = (fold_of != fold) & ~left_out
        network = _train_member(
            bank.squares[rows],
            [entry for entry, own in zip(entries, rows, strict=True) if own],
            config,
            settings,
            folder / f"member{fold}",
            {**recorded, "fold": fold, "config": config.to_dict(), **asdict(settings)},
            select_device(device_name),
        )
        check.members[fold].load_state_dict(network.state_dict())
        own = fold_of == fold
        log_odds[own] = _answers(network, bank.squares[own])
    chosen, figures = choose_threshold(entries, log_odds, right, check.config, settings)
    for line in figure_lines(figures):
        say(line)
    record = {**recorded, **asdict(settings), "folds": folds.to_plain(), "figures": figures}
    tensors = {f"input_check.{name}": value for name, value in check.state_dict().items()}
    output = folder / "input-check.safetensors"
    save_checkpoint(output, tensors, "input-check", chosen.to_dict(), record)
    return output


def choose_threshold(
    entries: Sequence[BankEntry],
    log_odds: np.ndarray,
    right: np.ndarray,
    config: InputCheckConfig,
    settings: InputCheckTraining,
) -> tuple[InputCheckConfig, dict[str, Any]]:
    """Share of the volume and threshold by which most wrong slices are found, out of fold.

    Args:
        entries: of the slices.
        log_odds: (N,), by networks that were not trained on the slices' patients.
        right: (N,) bool.
        config: is returned with share and threshold.
        settings: ``familiar`` decides the threshold.

    Returns:
        The settings of the check, and its figures.
    """
    candidates = []
    for share in SHARES:
        evidence = _joined(entries, log_odds, share)
        threshold = float(np.quantile(evidence[right], 1 - settings.familiar))
        figures = _figures(entries, evidence < threshold)
        found = replace(config, volume_share=share, threshold=threshold)
        candidates.append((figures["missed"], found, figures))
    _, best, figures = min(candidates, key=lambda item: item[0])
    compared = {str(found.volume_share): missed for missed, found, _ in candidates}
    return best, {**figures, "missed_by_share": compared}


def figure_lines(figures: dict[str, Any]) -> list[str]:
    """The figures as lines of text."""
    lines = [f"{'kind':<16}{'slices':>8}{'missed':>8}{'share':>8}"]
    for kind, row in figures["kinds"].items():
        lines.append(f"{kind:<16}{row['slices']:>8}{row['missed']:>8}{row['share']:>8.3f}")
    alarms = figures["false_alarms"]
    lines.append(f"right slices called unfamiliar: {alarms['share']:.4f} of {alarms['slices']}")
    worst = ", ".join(f"{name} {share:.3f}" for name, share in alarms["worst"].items())
    return [*lines, f"worst patients: {worst}"]


def _joined(entries: Sequence[BankEntry], log_odds: np.ndarray, share: float) -> np.ndarray:
    """Evidence of every slice with its volume's, which is a volume of one kind."""
    volumes: dict[tuple[str, str], list[int]] = {}
    for k, entry in enumerate(entries):
        volumes.setdefault((entry.kind, entry.volume), []).append(k)
    evidence = np.zeros(len(log_odds))
    for rows in volumes.values():
        evidence[rows] = volume_evidence(torch.from_numpy(log_odds[rows]), share).numpy()
    return evidence


def _figures(entries: Sequence[BankEntry], unfamiliar: np.ndarray) -> dict[str, Any]:
    """``kinds``: slices of each kind that were missed; ``missed``: the mean of their shares."""
    rows: dict[str, dict[str, list[bool]]] = {}
    for entry, found in zip(entries, unfamiliar, strict=True):
        rows.setdefault(entry.kind, {}).setdefault(entry.patient, []).append(bool(found))
    kinds = {}
    for kind, patients in rows.items():
        if kind != RIGHT:
            missed = [not found for found_in in patients.values() for found in found_in]
            kinds[kind] = {
                "slices": len(missed),
                "missed": sum(missed),
                "share": round(float(np.mean(missed)), 4),
            }
    alarms = {name: float(np.mean(found)) for name, found in rows[RIGHT].items()}
    every = [found for found_in in rows[RIGHT].values() for found in found_in]
    worst = sorted(alarms, key=lambda name: -alarms[name])[:5]
    return {
        "kinds": kinds,
        "missed": round(float(np.mean([row["share"] for row in kinds.values()] or [0.0])), 4),
        "false_alarms": {
            "slices": len(every),
            "share": round(float(np.mean(every)), 4),
            "worst": {name: round(alarms[name], 4) for name in worst},
        },
    }


def _fold(patient: str, folds: Folds) -> int:
    own = folds.fold_of(patient)
    return zlib.crc32(patient.encode()) % len(folds) if own is None else own


def _train_member(
    squares: np.ndarray,
    entries: Sequence[BankEntry],
    config: InputCheckConfig,
    settings: InputCheckTraining,
    folder: Path,
    recorded: dict[str, Any],
    device: torch.device,
) -> InputNetwork:
    """The averaged network of one fold."""
    run = TrainingRun(folder, recorded)
    torch.manual_seed(settings.seed + recorded["fold"])
    network = InputNetwork(config.channels).to(device)
    placed = torch.from_numpy(squares).to(device)
    averaged = RunningAverage(network, settings.average)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay
    )
    schedule = RateSchedule(warmup=min(30, settings.steps // 4)).of(optimiser, settings.steps)
    learner = Learner(optimiser, schedule, settings.clip)
    first = 0
    if state := run.load_state():
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        learner.load_state_dict(state["learner"])
        first = int(state["step"])
    groups = _groups(entries)
    run.begin_stage()
    for step in range(first, settings.steps):
        rng = run.generator(step)
        images, labels = _batch(rng, placed, groups, settings)
        loss = functional.binary_cross_entropy_with_logits(network(images), labels)
        learner.step(loss)
        averaged.update_parameters(network)
        if (step + 1) % settings.every == 0 or step + 1 == settings.steps:
            run.report("input check", step + 1, settings.steps, loss=loss.item())
            run.save_state(
                {
                    "step": step + 1,
                    "network": network.state_dict(),
                    "averaged": averaged.state_dict(),
                    "learner": learner.state_dict(),
                }
            )
    return averaged.module.cpu()


def _groups(entries: Sequence[BankEntry]) -> dict[str, list[np.ndarray]]:
    """Rows of each kind, by patient: every kind and every patient has the same weight."""
    rows: dict[str, dict[str, list[int]]] = {}
    for k, entry in enumerate(entries):
        rows.setdefault(entry.kind, {}).setdefault(entry.patient, []).append(k)
    return {kind: [np.array(own) for own in patients.values()] for kind, patients in rows.items()}


def _batch(
    rng: np.random.Generator,
    squares: torch.Tensor,
    groups: dict[str, list[np.ndarray]],
    settings: InputCheckTraining,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Squares (B, 1, S, S) and labels (B,): 1 for right ones."""
    wrong = [kind for kind in groups if kind != RIGHT]
    labels = (rng.random(settings.batch) < 0.5).astype(np.float32)
    rows = []
    for label in labels:
        patients = groups[RIGHT if label else wrong[int(rng.integers(len(wrong)))]]
        rows.append(int(rng.choice(patients[int(rng.integers(len(patients)))])))
    device = squares.device
    images = squares[torch.tensor(rows).to(device)].float()[:, None] / 255
    how, side = settings.augmentation, images.shape[-1]
    positions = sampling_grid(rng, len(rows), side, how, device)
    views = functional.grid_sample(images, positions, align_corners=False)
    return vary_intensity(rng, views, how), torch.from_numpy(labels).to(device)


@torch.inference_mode()
def _answers(network: InputNetwork, squares: np.ndarray) -> np.ndarray:
    parts = [
        network(torch.from_numpy(squares[k : k + 64].astype(np.float32) / 255)[:, None]).numpy()
        for k in range(0, len(squares), 64)
    ]
    return np.concatenate([np.zeros(0, np.float32), *parts])
