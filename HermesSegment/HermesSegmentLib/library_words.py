"""Words of HermesLib that people read in the panel, in the language of the application.

HermesLib knows no Slicer. Its words are listed here, where Slicer's extraction of texts finds them;
a test holds the list complete.
"""

from slicer.i18n import tr as _
from slicer.i18n import translate

#: Slicer makes the context of this file's texts from the names of package and file.
_CONTEXT = "HermesSegmentLib.library_words"


def library_word(text: str) -> str:
    """A text of HermesLib in the language of the application; itself where none is known."""
    return translate(_CONTEXT, text) if text else ""


def listed() -> tuple[str, ...]:
    """All of them: scores, colours, guides, judges, prompts, models and organs."""
    return (
        _("estimated quality"),
        _("quality"),
        _("Estimated Dice of the mask and the unknown truth"),
        _("The true Dice is expected in this range"),
        _("agreement with the guide"),
        _("agreement"),
        _("Dice of the mask and the guide"),
        _("The agreement with narrower and wider outlines of the guide"),
        _(
            "agreement with the guide is no estimate of the true quality: where the guide is "
            "wrong, a mask that follows it agrees"
        ),
        _("score of the judge"),
        _("judge"),
        _("The judge's own number for the mask"),
        _("The judge's own range"),
        _("the score of the judge is not calibrated: it is no estimate of the true quality"),
        _("score"),
        _("What the number is differs from row to row"),
        _("What the range is differs from row to row"),
        _(
            "the scores are of different kinds and cannot be compared; not all estimate the "
            "true quality"
        ),
        _("mask"),
        _("expected outline"),
        _("only in mask"),
        _("only in expected outline"),
        _("prompt +"),
        _("prompt −"),
        _("accepted"),
        _("A mask or probability map"),
        _("mask or probability map"),
        _("TotalSegmentator (CT and MR, some 100 structures)"),
        _("output folder or file"),
        _("nnU-Net"),
        _("model folder"),
        _("MONAI bundle"),
        _("bundle folder"),
        _("TAPS (prostate, T2-weighted MR)"),
        _("Agreement with the expected outline (Dice)"),
        _("The model's own estimate (predicted IoU)"),
        _("The model asked again with the mask as its prompt"),
        _("Pairwise Dice of the model's answers to moved prompts"),
        _("Variance of the model's answers to moved prompts"),
        _("The mask carried over to labelled slices (RCA)"),
        _("The outline compared with the brightness around it"),
        _("The mask as the example by which labelled slices are segmented (RCA)"),
        _("Box and clicks"),
        _("box"),
        _("scribbles"),
        _("clicks"),
        _("examples"),
        _("Box"),
        _("Scribbles"),
        _("Clicks"),
        _("Examples"),
        _("MedSAM (boxes)"),
        _("ScribblePrompt UNet (scribbles, clicks, boxes)"),
        _("MIDeepSeg (clicks)"),
        _("UniverSeg (examples)"),
        _("MultiverSeg (examples, also with scribbles, clicks, boxes)"),
        _("nnInteractive (whole volumes, on a server)"),
        _("Segment Anything (box and clicks, scribbles)"),
        _("ScribblePrompt-SAM (box and clicks, scribbles)"),
        _("SAM-Med2D (box and clicks, scribbles)"),
        _("SAM 2.1 (box and clicks, scribbles)"),
        _("MedSAM2 (box and clicks, scribbles)"),
        _("SAM 2.1, propagated (whole volumes)"),
        _("MedSAM2, propagated (whole volumes)"),
        _("Prostate, T2-weighted MR"),
        _("Spleen, CT"),
        _("Adrenal gland"),
        _("Aorta"),
        _("Urinary bladder"),
        _("Brain"),
        _("Clavicle"),
        _("Colon"),
        _("Duodenum"),
        _("Esophagus"),
        _("Femur"),
        _("Gallbladder"),
        _("Heart"),
        _("Hip"),
        _("Humerus"),
        _("Inferior vena cava"),
        _("Kidney"),
        _("Liver"),
        _("Lung"),
        _("Mandible"),
        _("Structure"),
        _("Pancreas"),
        _("Portal vein and splenic vein"),
        _("Prostate"),
        _("Pulmonary artery"),
        _("Sacrum"),
        _("Scapula"),
        _("Seminal Vesicle"),
        _("Skeletal muscle"),
        _("Skull"),
        _("Small Intestine"),
        _("Spinal cord"),
        _("Spleen"),
        _("Sternum"),
        _("Stomach"),
        _("Superior vena cava"),
        _("Thyroid"),
        _("Tibia"),
        _("Trachea"),
        _("Uterus"),
    )
