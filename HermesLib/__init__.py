"""HERMES: quality control that steers promptable segmentation.

Pure Python, without Slicer or Qt. Start at :mod:`HermesLib.refinement` (the loop), :mod:`HermesLib.quality`
(the judge that draws a pseudo ground truth) and :mod:`HermesLib.models` (the promptable models).
"""

__version__ = "0.1.0"
