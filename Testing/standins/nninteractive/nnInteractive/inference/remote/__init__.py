"""Stands in for nnInteractive's client, which ordinary tests do not install."""
