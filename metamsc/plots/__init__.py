"""Figures: a pure layout (frozen data, tested without matplotlib), then a dumb drawing of it.

Nothing here computes a statistic, shows a window, saves a file unasked or changes matplotlib's global
state. Import the modules that are needed; this package itself loads nothing.
"""
