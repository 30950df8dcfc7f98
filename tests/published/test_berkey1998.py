"""Berkey, Hoaglin, Antczak-Bouckoms, Mosteller & Colditz (1998), Meta-analysis of multiple outcomes by
regression with random effects, Stat Med 17:2537-2550: surgical and other treatment of periodontal disease,
probing depth and attachment level together.

Table II (page 2545) as metafor's test of this table records it, and the model without the year (not in the
article). Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.structured.compare import compare_structured
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.terms import RandomTerm
from tests.published.printed import digits

# Year; probing depth (PD), attachment level (AL): effects, variances, covariance (Antczak-Bouckoms et al.
# 1993)
TRIALS = [
    (1983, 0.47, -0.32, 0.0075, 0.0077, 0.0030),
    (1982, 0.20, -0.60, 0.0057, 0.0008, 0.0009),
    (1979, 0.40, -0.12, 0.0021, 0.0014, 0.0007),
    (1987, 0.26, -0.31, 0.0029, 0.0015, 0.0009),
    (1988, 0.56, -0.39, 0.0148, 0.0304, 0.0072),
]
YI = [y for _, pd, al, *_ in TRIALS for y in (pd, al)]
TRIAL = np.repeat(np.arange(5), 2)
OUTCOME = ["PD", "AL"] * 5
YEAR = np.repeat([trial[0] for trial in TRIALS], 2) - 1983
AL, PD = (np.array([o == name for o in OUTCOME], dtype=float) for name in ("AL", "PD"))


def covariance() -> FloatArray:
    V = np.zeros((10, 10))
    for i, (_, _, _, v_pd, v_al, between) in enumerate(TRIALS):
        V[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[v_pd, between], [between, v_al]]
    return V


def fitted(X: FloatArray, structure: str = "UN") -> StructuredFit:
    term = RandomTerm(name="outcome", outer=TRIAL.tolist(), inner=OUTCOME, structure=structure)
    return fit_structured(YI, covariance(), terms=[term], X=X, method="ML", ci_method="wald")


def variances(fit: StructuredFit) -> list[float]:
    term = fit.result.terms[0]
    by_level = dict(zip(term.levels, term.variances, strict=True))
    return [by_level["AL"], by_level["PD"]]


def test_with_the_year_table_2() -> None:
    fit = fitted(np.column_stack([AL, PD, AL * YEAR, PD * YEAR]))
    found = fit.result.coefficients
    assert [c.estimate for c in found] == pytest.approx([-0.3351, 0.3479, -0.0108, 0.0010], abs=digits(4))
    assert [c.se for c in found] == pytest.approx([0.0787, 0.0520, 0.0243, 0.0154], abs=digits(4))
    assert variances(fit) == pytest.approx([0.0250, 0.0080], abs=digits(4))
    assert fit.result.terms[0].correlations[0] == pytest.approx(0.6587, abs=digits(4))
    covariance_of_effects = fit.result.terms[0].correlations[0] * np.sqrt(np.prod(variances(fit)))
    assert covariance_of_effects == pytest.approx(0.0093, abs=digits(4))


def test_difference_of_the_slopes() -> None:
    # Not in the article: metafor's values.
    fit = fitted(np.column_stack([AL, PD, YEAR, PD * YEAR]))
    slope, difference = fit.result.coefficients[2:]
    assert (slope.estimate, slope.se, slope.p) == pytest.approx((-0.0108, 0.0243, 0.6563), abs=digits(4))
    found = (difference.estimate, difference.se, difference.p)
    assert found == pytest.approx((0.0118, 0.0199, 0.5534), abs=digits(4))


def test_two_outcomes_together() -> None:
    # Not in the article: metafor's values.
    fit = fitted(np.column_stack([AL, PD]))
    assert [c.estimate for c in fit.result.coefficients] == pytest.approx([-0.3379, 0.3448], abs=digits(4))
    assert [c.se for c in fit.result.coefficients] == pytest.approx([0.0798, 0.0495], abs=digits(4))
    assert variances(fit) == pytest.approx([0.0261, 0.0070], abs=digits(4))
    assert fit.result.terms[0].correlations[0] == pytest.approx(0.6992, abs=digits(4))


@pytest.mark.parametrize(("structure", "p"), [("CS", 0.2597), ("DIAG", 0.2452)])
def test_simpler_structures(structure: str, p: float) -> None:
    # Not in the article: metafor's likelihood-ratio tests of equal variances, and of no correlation.
    X = np.column_stack([AL, PD])
    assert compare_structured(fitted(X), fitted(X, structure)).p == pytest.approx(p, abs=digits(4))
