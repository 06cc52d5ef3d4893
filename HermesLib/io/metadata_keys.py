"""What files say beyond a grid: keys of an image's metadata. Imports nothing."""

#: ``unknown`` where a file does not state how the patient lies.
ORIENTATION = "hermes_orientation"
#: DICOM's Modality and BodyPartExamined.
MODALITY = "hermes_dicom_modality"
BODY_PART = "hermes_dicom_body_part"
