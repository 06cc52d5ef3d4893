"""Readers of published data sets in the folders that their owners distribute.

Each module knows one layout, which a user names like a file format (``--data LAYOUT:...``). Only
here may product code name a data set.
"""
