"""The judge that carries a mask over to labelled slices: reverse classification accuracy (RCA).

The judged slice is registered to each reference slice (affine, then demons), the mask is carried
along, and its best Dice with a reference's truth is the estimate (Valindria et al. 2017; the
registration in place of a trained segmenter as in Robinson et al. 2019). A right mask fits at least
one of the references; a wrong one fits none.
"""

import hashlib

import numpy as np
import SimpleITK as sitk

from HermesLib.datasets.references import References, read_references
from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice

#: Slices that are registered to.
REFERENCES = 12
#: Longest side that slices are registered at, pixels.
_SIDE = 96
_AFFINE_ROUNDS, _DEMONS_ROUNDS = 40, 30
#: Smoothing of the demons' displacements, pixels.
_SMOOTH = 1.5
#: Registrations that are kept, slices: the masks of a refinement lie on the same slices.
_KEPT = 64


class Registration:
    """The best Dice of the mask on the references.

    Args:
        references: labelled slices.
    """

    name = "registration"
    needs_model = False
    score = "judged"
    guarantee: Guarantee | None = None

    def __init__(self, references: References) -> None:
        self.sha256 = references.sha256
        self._images = [_small(image) for image in references.images]
        self._truths = [
            sitk.GetArrayFromImage(_small(mask.astype(np.float32))) > 0.5
            for mask in references.masks
        ]
        self._transforms: dict[str, list[sitk.Transform]] = {}

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        images = judged.images[:, 0].cpu().numpy()
        masks = judged.masks.cpu().numpy()
        return [
            Estimate.without_range(self._best(image, mask))
            for image, mask in zip(images, masks, strict=True)
        ]

    def _best(self, image: np.ndarray, mask: np.ndarray) -> float:
        small = _small(mask.astype(np.float32))
        found = 0.0
        transforms = self._registered(image)
        for fixed, truth, transform in zip(self._images, self._truths, transforms, strict=True):
            carried = sitk.Resample(small, fixed, transform, sitk.sitkLinear, 0.0)
            found = max(found, _overlap(sitk.GetArrayFromImage(carried) > 0.5, truth))
        return found

    def _registered(self, image: np.ndarray) -> list[sitk.Transform]:
        key = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
        if key not in self._transforms:
            while len(self._transforms) >= _KEPT:
                self._transforms.pop(next(iter(self._transforms)))
            moving = _small(image)
            self._transforms[key] = [register(fixed, moving) for fixed in self._images]
        return self._transforms[key]


def register(fixed: sitk.Image, moving: sitk.Image) -> sitk.Transform:
    """From the points of a slice to those of another one; the same slices give the same result."""
    method = sitk.ImageRegistrationMethod()
    # Sums of several threads differ in their last bits from run to run.
    method.SetNumberOfThreads(1)
    method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, _AFFINE_ROUNDS)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2.0, 1.0])
    method.SetInitialTransform(
        sitk.CenteredTransformInitializer(
            fixed,
            moving,
            sitk.AffineTransform(2),
            sitk.CenteredTransformInitializerFilter.GEOMETRY,
        )
    )
    try:
        affine = method.Execute(fixed, moving)
    except RuntimeError:
        # No overlap, or slices without any structure: they stay where their middles coincide.
        affine = method.GetInitialTransform()
    near = sitk.Resample(moving, fixed, affine, sitk.sitkLinear, 0.0)
    demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
    demons.SetNumberOfThreads(1)
    demons.SetNumberOfIterations(_DEMONS_ROUNDS)
    demons.SetStandardDeviations(_SMOOTH)
    field = demons.Execute(fixed, sitk.HistogramMatching(near, fixed, 64, 7))
    # Applied from the last to the first: the demons' displacement, then the affine.
    return sitk.CompositeTransform([affine, sitk.DisplacementFieldTransform(field)])


def _small(array: np.ndarray) -> sitk.Image:
    """A slice (H, W) float in 0..1 whose longest side has at most :data:`_SIDE` pixels."""
    image = sitk.GetImageFromArray(array)
    shrink = max(array.shape) / _SIDE
    if shrink <= 1:
        return image
    size = [max(1, round(side / shrink)) for side in image.GetSize()]
    blurred = sitk.DiscreteGaussian(image, (0.5 * shrink) ** 2)
    spacing = [side / new for side, new in zip(image.GetSize(), size, strict=True)]
    origin = [0.5 * (step - 1) for step in spacing]
    small = sitk.Resample(
        blurred, size, sitk.Transform(2, sitk.sitkIdentity), sitk.sitkLinear, origin, spacing
    )
    # Slices of other data have other pixels: only the shapes on the slice count.
    small.SetSpacing((1.0, 1.0))
    small.SetOrigin((0.0, 0.0))
    return small


def _overlap(carried: np.ndarray, truth: np.ndarray) -> float:
    return dice(carried, truth) if carried.any() else 0.0


def build(options: JudgeOptions) -> Registration:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`.

    Raises:
        HermesError: no references, or none that show the organ.
    """
    if options.references is None or options.preset is None:
        raise HermesError("the judge 'registration' needs labelled cases and their organ")
    references = read_references(
        options.references, options.preset, REFERENCES, options.leave_out, options.family
    )
    return Registration(references)
