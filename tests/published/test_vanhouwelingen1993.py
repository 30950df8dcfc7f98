"""van Houwelingen, Zwinderman & Stijnen (1993), A bivariate approach to meta-analysis, Stat Med
12:2273-2284: cimetidine and bleeding ulcers (Collins & Langman 1985), by the conditional (non-central
hypergeometric) likelihood.

Numbers in the text of pages 2275 and 2277, as metafor's test of these pages records them; where the
article's last digit differs that is noted. Tolerance: half a unit of the last digit, a whole
one where the article's own numbers are that coarse.
"""

from __future__ import annotations

import pytest

from metamsc.models.rare.glmm import fit_glmm
from metamsc.models.rare.results import GlmmResult
from tests.published.printed import digits, reference_data

RAW = reference_data("collins1985a")["raw"]
# Bleeding again: controls against treated, as in the article; trials without this outcome are left out.
TRIALS = [
    row
    for row in zip(RAW["b.xci"], RAW["nci"], RAW["b.xti"], RAW["nti"], strict=True)
    if row[0] is not None and row[2] is not None
]


def fitted(tau2_method: str) -> GlmmResult:
    a, n1, c, n2 = (list(column) for column in zip(*TRIALS, strict=True))
    return fit_glmm(
        "OR",
        events_treat=a,
        n_treat=n1,
        events_control=c,
        n_control=n2,
        model="CM.EL",
        tau2_method=tau2_method,
        n_quadrature=21,
    )


def test_fixed_effect_page_2275() -> None:
    r = fitted("EE")
    assert r.estimate == pytest.approx(0.122, abs=digits(3))
    # The curvature of the likelihood gives 0.0996 (summed outright in R: 0.0995579).
    assert r.se == pytest.approx(0.099, abs=2 * digits(3))
    assert r.se == pytest.approx(0.0995579, abs=digits(7))
    assert r.ci.low == pytest.approx(-0.073, abs=2 * digits(3))
    assert r.ci.high == pytest.approx(0.32, abs=digits(2))  # the article prints 0.31
    assert r.loglik == pytest.approx(-53.679, abs=digits(3))


def test_random_effects_page_2277() -> None:
    r = fitted("ML")
    # The article's integrals are coarser: exact ones (metafor's, too) give 0.1744 and -52.9901.
    assert r.estimate == pytest.approx(0.175, abs=2 * digits(3))
    assert r.se == pytest.approx(0.136, abs=digits(3))
    assert (r.ci.low, r.ci.high) == pytest.approx((-0.092, 0.441), abs=2 * digits(3))
    assert r.loglik == pytest.approx(-52.989, abs=3 * digits(3))
    assert r.tau2 == pytest.approx(0.119, abs=digits(3))
