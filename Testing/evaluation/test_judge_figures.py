"""All judges on the same masks: what is judged, and the figures that follow."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.evaluation.cases import Case, read_case, read_cases
from HermesLib.evaluation.judge_figures import judge_figures, judge_table
from HermesLib.evaluation.judged_masks import GUIDE, OWN, JudgedMask, Judging, judge_cases
from HermesLib.evaluation.scored_masks import CORRUPTED, PERFECT
from HermesLib.io.neighbours import own_slice
from HermesLib.judges.registry import JudgeOptions, load_judge
from HermesLib.presets.registry import load_preset
from HermesLib.quality.guided import GuidedQuality
from HermesLib.quality.registry import load_quality
from HermesLib.research.rivals.registry import RIVALS
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.datasets.made import make_decathlon
from Testing.refinement.analytic import BoxThreshold

PRESET = load_preset("prostate-t2")
NAMES = ("agreement", "reprompt", "predicted-iou")
KINDS = ("regression", "mask-regression")


class Recording(GuidedQuality):
    """Keeps where the masks came from that it assessed."""

    def __init__(self, *values) -> None:
        super().__init__(*values)
        self.evidence: list[str] = []

    def assess(self, observation, masks, seeds, evidence="independent"):
        self.evidence.append(evidence)
        return super().assess(observation, masks, seeds, evidence)


GUIDES: list[Recording] = []


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> list[JudgedMask]:
    """Two patients under a guide that is the truth, moved by two pixels."""
    folder = tmp_path_factory.mktemp("made")
    make_decathlon(folder, "MRI", "prostate", patients=2)
    cases = read_cases(f"decathlon:{folder}", "prostate")

    def guide(case: Case) -> GuidedQuality:
        truth = read_case(case, PRESET).truth.numpy()
        GUIDES.append(Recording(np.roll(truth, 2, 2).astype(np.float32), "file", ""))
        return GUIDES[-1]

    judges = {name: load_judge(name, JudgeOptions()) for name in NAMES}
    judging = Judging(
        PRESET, guide, lambda case: judges, BoxThreshold(), torch.device("cpu"), slices=2, own=True
    )
    return judge_cases(cases, judging, lambda done, total: None)


def test_masks_come_from_the_loop_and_from_elsewhere(masks: list[JudgedMask]):
    assert {mask.source for mask in masks if mask.drawn} == {"box-threshold"}
    assert {mask.source for mask in masks if not mask.drawn} == {PERFECT, CORRUPTED, GUIDE}
    assert len({(mask.patient, mask.index) for mask in masks}) == 4, "two slices of two patients"
    assert {mask.true for mask in masks if mask.source == PERFECT} == {1.0}
    guides = [mask for mask in masks if mask.source == GUIDE]
    assert all(mask.true < 1 and mask.scores["agreement"] == 1 for mask in guides)


def test_every_judge_scores_every_mask_that_it_can(masks: list[JudgedMask]):
    for mask in masks:
        # The model estimates nothing of its own.
        assert set(mask.scores) == set(mask.seconds) == {OWN, "agreement", "reprompt"}
        assert mask.scores[OWN] == pytest.approx(mask.scores["agreement"])


def test_the_own_score_of_refined_masks_is_that_of_the_loop(masks: list[JudgedMask]):
    refined = sum(bool(mask.iteration) for mask in masks)
    others = sum(not mask.iteration for mask in masks)
    # Once in the loop, and once for its own score.
    evidence = [one for guide in GUIDES for one in guide.evidence]
    assert evidence.count("prompted") == 2 * refined > 0
    first = sum(mask.iteration == 0 for mask in masks)
    assert evidence.count("independent") == others + first


def made(patient: str, true: float, good: float, bad: float) -> JudgedMask:
    scores = {"good": good, "bad": bad}
    return JudgedMask(
        patient, "case", 0, "corrupted", None, true, scores, dict.fromkeys(scores, 0.5)
    )


def test_the_judge_that_puts_bad_masks_last_has_the_lower_risk():
    figures = judge_figures(
        [
            made("a", 1.0, 0.9, 0.1),
            made("a", 0.5, 0.6, 0.5),
            made("b", 0.0, 0.1, 0.9),
            made("b", 0.8, 0.7, 0.4),
        ]
    )["elsewhere"]
    good, bad = figures["good"], figures["bad"]
    # Risks 0, 0.2, 0.5, 1 in this order: the means over what is accepted.
    assert good["aurc"][0] == pytest.approx((0 + 0.1 + 0.7 / 3 + 1.7 / 4) / 4, abs=1e-4)
    assert good["aurc"][0] == good["best_aurc"] < bad["aurc"][0]
    assert (good["spearman"], bad["spearman"]) == (None, None), "too few masks for an order"
    assert (good["auroc"], bad["auroc"]) == (1.0, 0.0)
    assert good["mae"][0] == pytest.approx(0.1)
    assert bad["worst_mae"] == {"patient": "b", "value": pytest.approx(0.65)}
    assert good["seconds"] == 0.5


def test_the_table_begins_with_the_best_judge():
    rows = [made(f"p{k}", k / 9, k / 9, 1 - k / 9) for k in range(10)]
    lines = judge_table(judge_figures(rows)).splitlines()
    assert lines[0] == "masks from elsewhere"
    assert [line.split()[0] for line in lines[2:]] == ["good", "bad", "best"]
    assert "1.000" in lines[2] and "-1.000" in lines[3]


def quality_file(path: Path, kind: str) -> Path:
    """Seeded weights of a rival: a quality control that is made in no time."""
    torch.manual_seed(0)
    network = RIVALS[kind]({"side": 64})
    save_checkpoint(path, network.state_dict(), kind, {"side": 64, "field": "slice"}, {})
    return path


def test_other_quality_controls_judge_the_same_masks(tmp_path: Path, capsys):
    data = tmp_path / "data"
    data.mkdir()
    make_decathlon(data, "MRI", "prostate", patients=1, slices=2)
    own, other = (quality_file(tmp_path / f"{kind}.safetensors", kind) for kind in KINDS)
    words = ["evaluate", "judges", "--data", f"decathlon:{data}:ward", "--quality", str(own)]
    words += ["--slices", "2", "--model", "scribbleprompt", "-o", str(tmp_path / "judges.json")]
    assert main([*words, "--judges", "agreement", str(other)]) == 0
    written = json.loads((tmp_path / "judges.json").read_text(encoding="utf-8"))
    assert written["figures"]["judges_sha256"] == {str(other): load_checkpoint(other).sha256}
    assert {"agreement", "mask-regression", OWN} == written["figures"]["elsewhere"].keys()
    quality = load_quality(str(other), PRESET, torch.device("cpu"))
    case = read_case(read_cases(f"decathlon:{data}", "prostate")[0], PRESET)
    for mask in written["masks"]:
        if mask["source"] == PERFECT:
            row = slice(mask["index"], mask["index"] + 1)
            expected = quality.assess(
                quality.observe(own_slice(case.images[row])), case.truth[row], [0]
            )
            assert mask["scores"]["mask-regression"] == pytest.approx(
                float(expected.pdsc), abs=1e-5
            )
    # The folder has no patient but the judged one, whatever family names him.
    words += ["--judges", "registration", "--references", str(data)]
    assert main(words) == 2
    assert "no labelled patient but those who are judged" in capsys.readouterr().err


def test_an_unknown_judge_is_refused_before_any_network_is_loaded(tmp_path: Path, capsys):
    command = ["evaluate", "judges", "--data", f"decathlon:{tmp_path}", "--judges", "nobody"]
    assert main(command) == 2
    assert "unknown judge 'nobody'; choose agreement" in capsys.readouterr().err
