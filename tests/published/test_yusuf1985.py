"""Yusuf, Peto, Lewis, Collins & Sleight (1985), Beta blockade during and after myocardial infarction, Prog
Cardiovasc Dis 27:335-371: trials of early oral treatment, three of them without a death.

Table 6 by Peto's method, as metafor's test of this table records it (which names page 107: the article's
numbering within the issue). Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.models.pool import pool
from metamsc.models.rare.peto import peto
from tests.published.printed import digits, reference_data

COUNTS = {name: np.array(values) for name, values in reference_data("rare_counts")["beta"].items()}
PRINTED = (0.93, 0.74, 1.18)


def test_peto() -> None:
    r = peto(
        events_treat=COUNTS["ai"],
        n_treat=COUNTS["n1i"],
        events_control=COUNTS["ci"],
        n_control=COUNTS["n2i"],
    )
    assert r.estimate is not None
    assert r.ci is not None
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx(PRINTED, abs=digits(2))
    assert r.n_double_zero == 3


def test_the_same_by_inverse_variances() -> None:
    effects = compute_effects(
        "PETO",
        events_treat=COUNTS["ai"],
        n_treat=COUNTS["n1i"],
        events_control=COUNTS["ci"],
        n_control=COUNTS["n2i"],
        undefined="missing",
    )
    here = effects.usable
    r = pool(effects.yi[here], effects.vi[here], tau2_method="EE", ci_method="wald")
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx(PRINTED, abs=digits(2))
