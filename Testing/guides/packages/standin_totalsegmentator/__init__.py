"""A stand-in of TotalSegmentator: its documented Python API and its names."""
