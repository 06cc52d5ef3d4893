"""The stages of a reproduction, each of which is done once."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from HermesLib.datasets.case_clock import CaseClock
from HermesLib.datasets.splits import SplitOptions
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.devices import select_device
from HermesLib.evaluation.score_metrics import THRESHOLDS
from HermesLib.io.whole_file import write_whole
from HermesLib.notices import Notice, heard_by
from HermesLib.presets.preset import Preset, write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.research.reproduce.page import write_paper_page
from HermesLib.research.reproduce.request import Experiment, ReproduceRequest
from HermesLib.research.reproduce.tables_of_cases import CaseTables, write_tables
from HermesLib.research.reproduce.truths import TruthAgreement, compare_truths
from HermesLib.research.rivals.nnqc import NnQc
from HermesLib.research.rivals.training import train_rival
from HermesLib.research.tables.design import HERMES
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.run import Clock, collect
from HermesLib.research.tables.runner import TablesRequest, TablesRunner, measure_all
from HermesLib.research.tables.store import Store
from HermesLib.training.job import TrainingJob
from HermesLib.training.train_qc import train_quality
from HermesLib.training.trainer import TrainerSettings

_DONE = "stages.json"


@dataclass(frozen=True)
class Stage:
    """One step of the reproduction.

    Attributes:
        name: for people and for the record of what is done.
        run: does it; it may be called again after an interruption.
    """

    name: str
    run: Callable[[], object]


class Reproduction:
    """Runs the stages of a request that its folder does not record as done."""

    def __init__(self, request: ReproduceRequest, say: Callable[[str], None]):
        self.request = request
        self.say = say

    def stages(self) -> list[Stage]:
        """All stages in their order."""
        stages = []
        for one in self.request.experiments:
            stages += [
                Stage(f"{one.name}: open every image", partial(self._data, one)),
                Stage(f"{one.name}: train the QC core", partial(self._train, one)),
            ]
            stages += [
                Stage(f"{one.name}: train {rival}", partial(self._rival, one, rival))
                for rival in self.request.rivals
            ]
            stages.append(Stage(f"{one.name}: measure", partial(self._measure, one)))
            if one.expert:
                stages.append(Stage(f"{one.name}: expert masks", partial(self._experts, one)))
        return stages

    def run(self) -> Path:
        """Do what is left; returns the page.

        Raises:
            HermesError: the folder holds another reproduction; see the stages for the others.
        """
        self.request.keep_settings()
        stages = self.stages()
        done = self._done()
        for number, stage in enumerate(stages, 1):
            head = f"stage {number} of {len(stages)}, {stage.name}"
            if stage.name in done:
                self.say(f"{head}: done before, in {done[stage.name] / 60:.1f} min")
                continue
            self.say(head)
            started = time.monotonic()
            with heard_by(self._say_once()):
                stage.run()
            done[stage.name] = time.monotonic() - started
            write_whole(self.request.folder / _DONE, json.dumps(done, indent=1) + "\n")
        return self._page(done)

    def _say_once(self) -> Callable[[Notice], None]:
        """Says each notice once a stage: every part of a measurement reads the same masks."""
        heard: set[str] = set()

        def say(notice: Notice) -> None:
            if notice.message not in heard:
                heard.add(notice.message)
                self.say(f"note: {notice.message}")

        return say

    def _done(self) -> dict[str, float]:
        """Seconds of each finished stage."""
        path = self.request.folder / _DONE
        if not path.is_file():
            return {}
        done: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return done

    def _folder(self, experiment: Experiment) -> Path:
        return self.request.folder / experiment.name

    def _tables(self, experiment: Experiment) -> CaseTables:
        return CaseTables.of(self._folder(experiment), experiment)

    def _preset_path(self, experiment: Experiment) -> Path:
        return self._folder(experiment) / f"{experiment.own_preset}.json"

    def _preset(self, experiment: Experiment) -> Preset:
        return load_preset(str(self._preset_path(experiment)))

    def _data(self, experiment: Experiment) -> None:
        folder = self._folder(experiment)
        folder.mkdir(parents=True, exist_ok=True)
        write_tables(self.request, experiment, folder, CaseClock(self.say).show)
        base = load_preset(experiment.preset)
        title = f"{base.title}, trained on {experiment.train.partition(':')[0]}"
        own = replace(base, title=title, quality=experiment.own_preset)
        write_preset(self._preset_path(experiment), own)

    def _job(self, experiment: Experiment, folder: str, **split: Any) -> TrainingJob:
        """A training on the experiment's table, with the slices on disk that all of them share."""
        data = TrainingDataset.parse(f"pairs:{self._tables(experiment).train}")
        return TrainingJob(
            [data],
            self._folder(experiment) / folder,
            SplitOptions(leave_out=("prostatex*",), **split),
            device=self.request.device,
            say=self.say,
            store=self._folder(experiment) / "slices",
        )

    def _train(self, experiment: Experiment) -> None:
        settings = self.request.lengths.quality(self.request.seed)
        weights = train_quality(
            self._preset(experiment), self._job(experiment, "quality"), settings
        )
        target = self._preset_path(experiment).with_suffix(".safetensors")
        shutil.copyfile(weights, target.with_suffix(".part"))
        target.with_suffix(".part").replace(target)

    def _rival(self, experiment: Experiment, rival: str) -> None:
        core = self._preset_path(experiment).with_suffix(".safetensors")
        lengths = self.request.lengths
        settings = TrainerSettings(
            steps=lengths.rival,
            batch=lengths.batch,
            validate_every=max(1, min(500, lengths.rival)),
            seed=self.request.seed,
        )
        needs_core = rival == NnQc.kind
        split = {} if needs_core else {"weights": (core,)}
        job = self._job(experiment, f"rivals/{rival}", **split)
        train_rival(rival, self._preset(experiment), job, settings, core if needs_core else None)

    def _request(self, experiment: Experiment, table: Path, folder: str) -> TablesRequest:
        rivals = [
            self._folder(experiment) / "rivals" / rival / "model.safetensors"
            for rival in self.request.rivals
        ]
        return TablesRequest(
            (f"{self._preset_path(experiment)}=pairs:{table}",),
            tuple(rivals),
            self._folder(experiment) / folder,
            THRESHOLDS,
            self.request.seed,
            self.request.device,
            weights=self.request.weights,
            ablations=False,
        )

    def _main_request(self, experiment: Experiment) -> TablesRequest:
        return self._request(experiment, self._tables(experiment).test, "measured-test")

    def _expert_request(self, experiment: Experiment) -> TablesRequest:
        table = self._tables(experiment).expert
        assert table is not None
        return replace(
            self._request(experiment, table, "measured-expert"), rivals=(), only=(HERMES,)
        )

    def _measure_all(self, request: TablesRequest) -> None:
        runner = TablesRunner(request, select_device(request.device))
        runner.check()
        clock = Clock(self.say, len(runner.parts()))
        measure_all(runner, Store(request.folder), self.request.workers, clock.done)

    def _measure(self, experiment: Experiment) -> None:
        self._measure_all(self._main_request(experiment))

    def _experts(self, experiment: Experiment) -> None:
        self._measure_all(self._expert_request(experiment))
        tables = self._tables(experiment)
        assert tables.expert is not None
        agreement = compare_truths(tables.test, tables.expert, CaseClock(self.say).show)
        path = self._folder(experiment) / "truths.json"
        write_whole(path, json.dumps(agreement.to_plain(), indent=1) + "\n")

    def _measured(self, experiment: Experiment, request: TablesRequest) -> Measured:
        runner = TablesRunner(request, select_device(request.device))
        (preset,) = runner.organs
        # The paper's figures are of the last iteration.
        return collect(runner, Store(request.folder), preset, keep="last")

    def _page(self, done: dict[str, float]) -> Path:
        organs = {}
        experts = {}
        for one in self.request.experiments:
            organs[one.name] = self._measured(one, self._main_request(one))
            if one.expert:
                path = self._folder(one) / "truths.json"
                agreement = TruthAgreement.from_plain(json.loads(path.read_text(encoding="utf-8")))
                experts[one.name] = (self._measured(one, self._expert_request(one)), agreement)
        return write_paper_page(self.request, organs, experts, done)
