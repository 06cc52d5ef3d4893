"""Implementation of the Slicer module HERMES Segment."""
