"""Data sets of some of 14 **invented** studies: enough for several chunks of sign patterns."""

from __future__ import annotations

import numpy as np

from metamsc.sensitivity.joint_test import PathData


def many_data_sets(n: int = 14, sets: int = 60) -> PathData:
    """Return `sets` data sets, pooled by two models."""
    rng = np.random.default_rng(9)
    mask = rng.random((sets, n)) < 0.7
    mask[:, :2] = True
    yi = np.where(mask, 0.2 + rng.normal(0, 0.4, n), 0.0)
    vi = np.where(mask, rng.uniform(0.02, 0.2, n), 1.0)
    cluster = np.broadcast_to(np.arange(n), (sets, n)).copy()
    return PathData(yi, vi, mask, cluster, (("DL", "wald"), ("REML", "hksj")), np.ones((2, sets)))
