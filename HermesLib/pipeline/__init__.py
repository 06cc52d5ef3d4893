"""One run on one image: what ``hermes refine``, ``assess`` and ``demo`` and the engine share."""
