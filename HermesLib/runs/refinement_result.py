"""The result of a run, as Python callers see it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.staged_folder import staged_folder
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import report_marks
from HermesLib.runs.results import result_masks
from HermesLib.runs.run import RunOutcome


@dataclass(frozen=True, eq=False)
class RefinementResult:
    """The result of :func:`HermesLib.api.refine` or :func:`HermesLib.api.assess`.

    For an image of one slice (H, W), masks are (H, W) and the other values are scalars. For
    volumes, masks are (N, H, W) and the others have one entry per slice; slices outside the run
    have an empty mask, NaN and the status ``""``.

    Attributes:
        mask: bool, the segmentation.
        pgt: bool, the pseudo ground truth that the QC drew for it.
        report: the content of ``report.json``.
    """

    mask: np.ndarray
    pgt: np.ndarray
    report: dict[str, Any]
    _outcome: RunOutcome
    _single_slice: bool

    @classmethod
    def of(cls, outcome: RunOutcome, single_slice: bool) -> "RefinementResult":
        """The result of a run that has ended; ``single_slice``: the image was (H, W)."""
        shape = outcome.opened.inputs.volume.shape
        mask, pgt = result_masks(outcome.results, shape)
        return cls(
            mask=mask[0] if single_slice else mask,
            pgt=pgt[0] if single_slice else pgt,
            report=outcome.report,
            _outcome=outcome,
            _single_slice=single_slice,
        )

    @cached_property
    def pdsc(self) -> Any:
        """Estimate of the true Dice, float or (N,) float64; of the empty mask on absent slices."""
        return self._values("pdsc", np.nan, np.float64)

    @cached_property
    def interval(self) -> Any:
        """Range of :attr:`pdsc`: (low, high), (2,) or (N, 2) float64."""
        low = np.atleast_1d(self._values("pdsc_low", np.nan, np.float64))
        high = np.atleast_1d(self._values("pdsc_high", np.nan, np.float64))
        bounds = np.stack([low, high], axis=-1)
        return bounds[0] if self._single_slice else bounds

    @cached_property
    def status(self) -> Any:
        """``accepted``, ``stopped``, ``absent`` or ``failed``: str, or (N,) array of str."""
        return self._values("status", "", np.dtype("U8"))

    @cached_property
    def borderline(self) -> Any:
        """Whether the presence of the organ is uncertain: bool, or (N,) bool."""
        return self._values("borderline", False, np.bool_)

    @cached_property
    def marks(self) -> Any:
        """Why to look at a slice: tuple of :class:`HermesLib.refinement.marks.Mark`, or N of them.

        Slices without a mark, and slices outside the run, have an empty tuple.
        """
        found = report_marks(self.report)
        if self._single_slice:
            return found.get(0, ())
        return tuple(found.get(index, ()) for index in range(len(self.mask)))

    @cached_property
    def out_of_distribution(self) -> Any:
        """Whether a slice looks unlike the QC's training patients: bool, (N,) bool, or None.

        It is None if the QC does not know. No pDSC can be trusted on such slices.
        """
        if any(entry["familiar"] is None for entry in self.report["slices"]):
            return None
        familiar = self._values("familiar", True, np.bool_)
        return not familiar if self._single_slice else ~familiar

    @property
    def slice_indices(self) -> tuple[int, ...]:
        """Indices of the slices that the run covered."""
        return tuple(result.index for result in self._outcome.results)

    def iterations(self, slice_index: int = 0) -> list[Iteration]:
        """All iterations of a slice in order, with their masks, pGTs and prompts.

        Raises:
            HermesError: a slice outside the run.
        """
        for result in self._outcome.results:
            if result.index == slice_index:
                return [record.unpack() for record in result.records]
        raise HermesError(f"slice {slice_index} is not in the run; it covers {self.slice_indices}")

    def mask_image(self) -> SimpleITK.Image:
        """The segmentation as a SimpleITK image (0 and 1) on the grid of the input."""
        return self._to_image(self.mask)

    def pgt_image(self) -> SimpleITK.Image:
        """The pseudo ground truth as a SimpleITK image (0 and 1) on the grid of the input."""
        return self._to_image(self.pgt)

    def write(self, folder: Path | str) -> Path:
        """Write the five result files into a folder, all or none, and return the folder.

        Raises:
            HermesError: the folder cannot be written to.
        """
        with staged_folder(Path(folder)) as staging:
            self._outcome.opened.write(staging, self._outcome.results, self.report)
        return Path(folder)

    def _to_image(self, mask: np.ndarray) -> SimpleITK.Image:
        slices = mask[None] if self._single_slice else mask
        return self._outcome.opened.inputs.volume.to_image(slices)

    def _values(self, key: str, missing: Any, dtype: Any) -> Any:
        """An entry of the report's slices, as a scalar or as an array over all slices."""
        if self._single_slice:
            return self.report["slices"][0][key]
        values = np.full(len(self.mask), missing, dtype)
        for entry in self.report["slices"]:
            values[entry["index"]] = entry[key]
        return values
