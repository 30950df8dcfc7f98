"""Multilevel models whose random effects have a covariance structure or a known correlation matrix."""
