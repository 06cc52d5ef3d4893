"""Procedural sample images, made without patient data."""
