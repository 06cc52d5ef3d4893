"""A stand-in of lavlab-taps."""
