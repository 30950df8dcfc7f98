"""Models for dependent effects: nested random effects and a known, blockwise sampling covariance."""
