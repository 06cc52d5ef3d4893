"""The rivals: published ways to judge or mend a segmentation, behind the same protocol as the QC core."""
