"""Guides: where the pseudo ground truth comes from, if not from the preset's own QC core.

A guide is a segmentation that exists already, or an automatic segmenter. Both become a
:class:`HermesLib.guides.map.GuideMap`: the organ's probability on the slices of an image.
Segmenters run in processes of their own (:mod:`HermesLib.guides.programs`), in another environment
where their requirements clash with this one's.
"""
