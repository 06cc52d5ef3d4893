"""The programs of the guides: scripts that are run by path, each in a process of its own.

A script imports nothing of HermesLib, only its own segmenter, numpy and what reads images, so that
it runs in an environment without HERMES; it keeps to the syntax of Python 3.9. Its folder is its
working directory: it reads ``request.json`` and ``image.nii.gz``, and writes ``map.nii.gz`` and
``answer.json``. :mod:`HermesLib.guides.external` is the other side.
"""
