"""Promptable foundation models (FMs) behind one protocol."""
