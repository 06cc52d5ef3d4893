"""One run from files to files: what ``hermes refine``, ``assess`` and ``demo`` and the Slicer panel share."""

from HermesLib.pipeline.requests import AssessRequest, RefineRequest, Request
from HermesLib.pipeline.run import OnEvent, RunResult, run_assessment, run_refinement

__all__ = ["AssessRequest", "OnEvent", "RefineRequest", "Request", "RunResult", "run_assessment", "run_refinement"]
