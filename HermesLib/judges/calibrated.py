"""A judge whose score has been calibrated on labelled patients, and the file that keeps it.

A calibration holds for what it was fitted on alone: guide, judge, model and organ. It has two
curves (:class:`HermesLib.quality.calibration.Curve`), as masks that the model drew in the loop
agree with their guide by construction and masks from elsewhere do not.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.whole_file import write_whole
from HermesLib.judges.protocol import Estimate, Judge, Judged
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.quality.calibration import Curve
from HermesLib.quality.judgement import require_curves
from HermesLib.quality.unseen_patients import UnseenPatients
from HermesLib.weights.settings import Patients, Share, checked, read_settings

#: What the file says it is.
KIND = "hermes-score-calibration"


@checked
@dataclass(frozen=True)
class MadeFor:
    """What a score follows from, as far as a calibration depends on it.

    Attributes:
        guide: kind of the guide (:data:`HermesLib.guides.registry.GUIDES`); the name of the quality
            control where that draws the pGT.
        guide_sha256: of the quality control; empty for a guide, which differs from image to image.
        judge: its name.
        judge_sha256: of its references or weights; empty if it has none.
        model, model_sha256: of the promptable model; empty where none takes part.
        organ: as data sets name it.
        modality: ``CT`` or ``MR``.
    """

    guide: str
    guide_sha256: str
    judge: str
    judge_sha256: str
    model: str
    model_sha256: str
    organ: str
    modality: str


@checked
@dataclass(frozen=True)
class ScoreCalibration:
    """From a judge's score to the true Dice.

    Attributes:
        made_for: what it was fitted on.
        elsewhere: for masks that the model did not draw; None where there were too few.
        loop: for masks that the model drew; None where no model took part.
        coverage: the share of masks that the intervals are meant to contain.
        patients: the number of patients it was fitted on.
        elsewhere_unseen, loop_unseen: what each curve is worth on patients left out; None where
            there were too few, or no curve.
    """

    made_for: MadeFor
    elsewhere: Curve | None
    loop: Curve | None
    coverage: Share
    patients: Patients
    elsewhere_unseen: UnseenPatients | None = None
    loop_unseen: UnseenPatients | None = None

    @property
    def guarantee(self) -> Guarantee:
        """The nominal level of the intervals, and the highest that the patients can guarantee."""
        return Guarantee.of(self.coverage, self.patients)

    def write(self, path: Path) -> None:
        """As JSON."""
        write_whole(path, json.dumps({"kind": KIND, **asdict(self)}, indent=1) + "\n")

    def require_judgement(self, name: str) -> None:
        """Check that low scores are not accepted, and higher ones do not mean less.

        Args:
            name: of the calibration, for messages.

        Raises:
            HermesError: it judges nothing, or has no curve.
        """
        curves = [curve for curve in (self.elsewhere, self.loop) if curve is not None]
        if not curves:
            raise HermesError(f"{name} has no curve; calibrate on more patients")
        require_curves(curves, name)


def read_calibration(path: Path) -> ScoreCalibration:
    """Read :meth:`ScoreCalibration.write`.

    Raises:
        HermesError: no such file, another file, or a calibration that judges nothing.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HermesError(f"cannot read the calibration {path.name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise HermesError(f"the calibration {path.name} is not JSON") from error
    if not isinstance(raw, dict) or raw.pop("kind", None) != KIND:
        raise HermesError(
            f"{path.name} is no calibration of a score; 'hermes train calibration' makes one"
        )
    try:
        calibration = read_settings(ScoreCalibration, raw)
    except HermesError as error:
        raise HermesError(f"the calibration {path.name} cannot be used: {error}") from error
    calibration.require_judgement(path.name)
    return calibration


class CalibratedJudge:
    """A judge whose estimates are calibrated.

    Args:
        judge: gives the scores.
        calibration: of these scores.
        sha256: of the calibration's file.

    Attributes:
        raw_sha256: of the judge's references or weights.
    """

    score = "calibrated"

    def __init__(self, judge: Judge, calibration: ScoreCalibration, sha256: str) -> None:
        self._judge = judge
        self._calibration = calibration
        self.name = judge.name
        self.needs_model = judge.needs_model
        self.raw_sha256 = judge.sha256
        self.sha256 = sha256

    @classmethod
    def read(cls, judge: Judge, path: Path) -> "CalibratedJudge":
        """A judge with the calibration in a file.

        Raises:
            HermesError: as :func:`read_calibration`.
        """
        return cls(judge, read_calibration(path), file_sha256(path))

    @property
    def guarantee(self) -> Guarantee | None:
        """What the calibration's patients can guarantee."""
        return self._calibration.guarantee

    def require(self, used: MadeFor, *, loop: bool) -> None:
        """Check that the calibration was made for what a run works with.

        Args:
            used: of the run.
            loop: whether the model draws the masks.

        Raises:
            HermesError: it was made for something else; the message names the first difference.
        """
        made = self._calibration.made_for
        fields = ["organ", "modality", "guide", "judge"]
        fields += ["model"] if loop or self.needs_model else []
        for field in fields:
            wanted, found = getattr(made, field), getattr(used, field)
            if wanted != found:
                raise HermesError(
                    f"the calibration was made for the {field} '{wanted or 'none'}', not"
                    f" '{found or 'none'}'; make one with 'hermes train calibration'"
                )
        if "model" in fields and made.model_sha256 != used.model_sha256:
            raise HermesError(f"the calibration was made with other weights of {made.model}")
        if made.judge_sha256 != used.judge_sha256:
            raise HermesError(
                f"the calibration was made with other references or weights of {made.judge}"
            )
        if made.guide_sha256 != used.guide_sha256:
            raise HermesError(f"the calibration was made with other weights of {made.guide}")
        if loop and self._calibration.loop is None:
            raise HermesError(
                "the calibration has no curve for refinements: it was made without a model, or the"
                " score said nothing of the masks that it drew"
            )

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        drawn = judged.answer is not None and judged.answer.prompts is not None
        curve = self._calibration.loop if drawn else self._calibration.elsewhere
        if curve is None:
            raise HermesError(
                "the calibration has no curve for masks that the model did not draw; calibrate the"
                " judge on more patients"
            )
        found = self._judge.judge(judged)
        scores = torch.tensor([estimate.value for estimate in found], dtype=torch.float64)
        rows = zip(found, *(ends.tolist() for ends in curve.estimate(scores)), strict=True)
        return [Estimate(value, low, high, raw.expected) for raw, value, low, high in rows]
