"""Benchmarks: how long a run takes, as ratios of times that are measured side by side.

A ratio of two times of one process, or of runs in turn, means the same on any computer. Every
benchmark is a command, ``hermes bench``, and gives its figures as JSON.
"""
