"""SAM-Med2D: adapter, and the image encoder with adapter layers."""
