"""Times of the parts of a run: calls of networks are timed where they are made."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.runs.model_cache import ModelCache


@dataclass
class Calls:
    """What was called in a run, and how long it took.

    Attributes:
        seconds: of each stage.
        needless: of calls whose result was known: a slice embedded a second time, a pGT that is the
            slice's last one.
        embedded, decoded, assessed: slices.
        drawn: pGTs that differ from the slice's last one.
        own: what watching itself took, seconds.
    """

    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("observe", "embed", "decode", "assess"), 0.0)
    )
    needless: float = 0.0
    embedded: int = 0
    decoded: int = 0
    assessed: int = 0
    drawn: int = 0
    own: float = 0.0

    @property
    def floor(self) -> float:
        """One embedding, one reading by the quality control, all decodes, and the pGTs that differ,
        seconds.
        """
        return sum(self.seconds.values()) - self.needless


class WatchedCache(ModelCache):
    """Gives networks whose calls are timed; keep none of its results beyond a run.

    Attributes:
        calls: of the run since :meth:`restart`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._watched: set[int] = set()
        self.restart()

    def restart(self) -> None:
        """Forget calls and what networks have read, not the networks."""
        self.calls = Calls()
        self._embedded: set[int] = set()
        self._pgts: dict[int, torch.Tensor] = {}
        self.observations.clear()
        self.embeddings.clear()

    def model(self, name: str, weights: str, device: torch.device) -> Any:
        """A model whose ``embed`` and ``predict`` are timed."""
        model = super().model(name, weights, device)
        self._watch(model, "embed", "embed", self._after_embed)
        self._watch(model, "predict", "decode", self._after_predict)
        return model

    def quality(self, *arguments: Any) -> Any:
        """A quality control whose ``observe`` and ``assess`` are timed."""
        quality = super().quality(*arguments)
        self._watch(quality, "observe", "observe", lambda given, result, seconds: None)
        self._watch(quality, "assess", "assess", self._after_assess)
        return quality

    def _watch(
        self, network: Any, method: str, stage: str, after: Callable[[Any, Any, float], None]
    ) -> None:
        work = getattr(network, method)
        if getattr(work, "is_watched", False):
            return

        def timed(given: Any, *arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            result = work(given, *arguments, **options)
            end = time.perf_counter()
            self.calls.seconds[stage] += end - start
            after(given, result, end - start)
            self.calls.own += time.perf_counter() - end
            return result

        timed.is_watched = True  # type: ignore[attr-defined]
        setattr(network, method, timed)

    def _after_embed(self, images: torch.Tensor, result: Any, seconds: float) -> None:
        self.calls.embedded += len(images)
        seen = [_content(image) for image in images]
        self.calls.needless += seconds * sum(key in self._embedded for key in seen) / len(seen)
        self._embedded.update(seen)

    def _after_predict(self, embedding: Any, result: Any, seconds: float) -> None:
        self.calls.decoded += len(embedding.images)

    def _after_assess(self, observation: Any, result: Any, seconds: float) -> None:
        self.calls.assessed += len(observation)
        for image, pgt in zip(own_slice(observation.images), result.pgt, strict=True):
            key = _content(image)
            last = self._pgts.get(key)
            if last is not None and torch.equal(last, pgt):
                self.calls.needless += seconds / len(observation)
            else:
                self.calls.drawn += 1
            self._pgts[key] = pgt


def _content(image: torch.Tensor) -> int:
    """What tells slices of one run apart."""
    return hash(image.contiguous().cpu().numpy().tobytes())
