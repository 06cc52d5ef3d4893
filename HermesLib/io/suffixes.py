"""The endings of image files. Imports nothing, so that a user interface can use it."""

NIFTI_SUFFIXES = (".nii", ".nii.gz")
VOLUME_SUFFIXES = (*NIFTI_SUFFIXES, ".nrrd", ".nhdr", ".mha", ".mhd")
PNG = ".png"
