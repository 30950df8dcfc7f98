"""Bayesian random-effects meta-analysis by quadrature: exact to the digits shown, no random numbers."""
