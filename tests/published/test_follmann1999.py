"""Follmann & Proschan (1999), Valid inference in random effects meta-analysis, Biometrics 55:732-737:
cholesterol and coronary deaths, log odds ratios by Peto's method.

Data of Table 1 and the exact permutation test, as metafor's test of this article records it: of the 256
arrangements of signs, 10 have a DerSimonian-Laird mean at least as far from 0. (`permutation_test` compares
means divided by their standard errors, where 14 are as far.) Exact.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.models.fit import fit_batch
from metamsc.models.permutation import permutation_test

TRIALS = [
    (173, 5331, 210, 5296), (157, 1906, 193, 1900), (131, 4541, 121, 4516), (56, 2051, 84, 2030),
    (52, 424, 65, 422), (36, 1149, 42, 1129), (62, 6582, 20, 1663), (2, 88, 2, 30),
]  # fmt: skip
A, N1, C, N2 = (list(column) for column in zip(*TRIALS, strict=True))
EFFECTS = compute_effects("PETO", events_treat=A, n_treat=N1, events_control=C, n_control=N2)


def test_means_of_all_arrangements() -> None:
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=8)))
    vi = np.broadcast_to(EFFECTS.vi, signs.shape)
    means = np.abs(fit_batch(signs * EFFECTS.yi, vi, tau2_method="DL").estimate[:, 0])
    assert int((means >= means[0] * (1 - 1e-9)).sum()) == 10


def test_statistics_of_all_arrangements() -> None:
    test = permutation_test(EFFECTS.yi, EFFECTS.vi, tau2_method="DL", ci_method="wald", exact=True)
    assert test.p[0] == pytest.approx(14 / 256)
