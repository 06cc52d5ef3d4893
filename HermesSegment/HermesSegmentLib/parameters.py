"""All inputs of the panel, stored in the scene.

In the .ui file, ``SlicerParameterName`` names the parameter of a widget.
"""

from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTextNode
from slicer.parameterNodeWrapper import Choice, Minimum, WithinRange, parameterNodeWrapper

from HermesLib.models import registry
from HermesLib.presets.registry import preset_names
from HermesSegmentLib.steering import GUIDE_CHOICES, JUDGE_CHOICES, MODALITIES, OWN, organ_choices

#: The bundled presets, the user's when Slicer started, and organs without one.
PRESETS = [*preset_names(), *organ_choices()]
#: The registries import no network, so that opening the module stays fast.
MODELS = list(registry.MODELS)
PROMPTS = list(registry.offered_kinds())
DEVICES = ["auto", "cuda", "cpu"]
SCOPES = ["all", "current", "range"]


@parameterNodeWrapper
class HermesParameters:
    """The settings of a run.

    Slices are numbered from 1, as the user reads them; 0 ``samples`` or ``steps`` mean as trained.
    """

    volume: vtkMRMLScalarVolumeNode
    initial: vtkMRMLSegmentationNode
    preset: Annotated[str, Choice(PRESETS)] = "prostate-t2"
    #: Of the image of an organ without a preset.
    modality: Annotated[str, Choice(MODALITIES)] = "auto"
    guide: Annotated[str, Choice(GUIDE_CHOICES)] = OWN
    guideNode: vtkMRMLSegmentationNode
    #: ID of the segment; the first if empty.
    guideSegment: str = ""
    guidePath: str = ""
    #: The organ's labels in a guide or in examples, such as ``1+2``; the only one if empty.
    guideLabels: str = ""
    guidePython: str = ""
    judge: Annotated[str, Choice(JUDGE_CHOICES)] = OWN
    judgeReferences: str = ""
    judgeWeights: str = ""
    calibration: str = ""
    model: Annotated[str, Choice(MODELS)] = "scribbleprompt"
    #: ``bundled``, or the name of an imported file.
    weights: str = "bundled"
    prompt: Annotated[str, Choice(PROMPTS)] = "scribbles"
    #: Whether the user has chosen model, weights or prompts; otherwise the organ's are taken.
    modelChosen: bool = False
    #: Address of the model's server, and a folder with cases, for models that take them.
    server: str = ""
    examples: str = ""
    exampleLabels: str = ""
    device: Annotated[str, Choice(DEVICES)] = "auto"
    scope: Annotated[str, Choice(SCOPES)] = "all"
    firstSlice: Annotated[int, Minimum(1)] = 1
    lastSlice: Annotated[int, Minimum(1)] = 1
    threshold: Annotated[float, WithinRange(0.5, 0.99)] = 0.9
    maximumIterations: Annotated[int, WithinRange(0, 100)] = 20
    patience: Annotated[int, WithinRange(1, 100)] = 10
    samples: Annotated[int, WithinRange(0, 16)] = 0
    steps: Annotated[int, WithinRange(0, 50)] = 0
    seed: Annotated[int, Minimum(0)] = 0
    padding: Annotated[float, WithinRange(0.0, 100.0)] = 10.0
    showDifference: bool = False
    showPrompts: bool = True
    showPrevious: bool = False
    showDoubt: bool = False
    showSurface: bool = False
    #: The run under review.
    run: vtkMRMLTextNode
