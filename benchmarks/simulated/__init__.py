"""Simulated meta-analyses: made, analysed by every interval method, counted."""
