"""Ishak, Platt, Joseph, Hanley & Caro (2007), Meta-analysis of longitudinal studies, Clin Trials 4:525-539:
motor symptoms of Parkinson's disease after deep brain stimulation, at 3, 6, 12 months and later.

Table 1 as metafor's test of this table records it; where the table's last digit differs that is noted.
Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.terms import RandomTerm
from tests.published.printed import digits

# Per study: occasion, mean change, variance (metadat, dat.ishak2007)
STUDIES: list[list[tuple[int, float, float]]] = [
    [(1, -33.4, 14.3)], [(1, -20, 7.3), (3, -30, 5.7)], [(1, -21.1, 7.3)],
    [(1, -20, 8), (2, -20, 8), (3, -18, 5)], [(2, -32.9, 125)], [(1, -25.6, 4.2), (2, -28.3, 4.6)],
    [(1, -30.3, 88.2), (3, -24.5, 170.7)], [(2, -25, 17)], [(3, -36, 5)],
    [(2, -22.5, 6.8), (3, -25.2, 11), (4, -25.7, 15.4)], [(2, -8.6, 41)], [(1, -26, 22.4), (2, -30, 20.6)],
    [(3, -25.5, 8.2), (4, -19.5, 13)], [(3, -36.7, 5.8), (4, -32.9, 6.1)],
    [(1, -27.5, 3.8), (2, -23.5, 3.8), (3, -29, 3.8)], [(3, -25, 13), (4, -23, 15.4)], [(2, -36.3, 27.3)],
    [(3, -29.4, 10.7)], [(1, -31, 2.6), (2, -34, 2), (3, -32.5, 2)], [(3, -20.6, 25.3)],
    [(1, -33.9, 20.1)], [(3, -35.4, 21.2)], [(2, -34.9, 18)], [(2, -32.7, 16.3)],
    [(1, -23, 38.1), (2, -24.1, 32.9), (3, -27.8, 31), (4, -28.3, 34.6)],
    [(1, -31.2, 12.7), (3, -33, 9.5)], [(1, -16.2, 5.9), (3, -16.3, 7), (4, -11.5, 12.7)],
    [(3, -29.2, 5.8)], [(2, -31.7, 12.4)], [(1, -32.2, 26.5), (3, -32.9, 29)], [(1, -31.7, 19.1)],
    [(1, -29.3, 22.9), (2, -32, 20), (3, -36.7, 17.8)],
    [(1, -30.1, 9.4), (2, -30.5, 8.7), (3, -29.7, 10.4), (4, -31.9, 13.3)], [(1, -17.6, 28.4)],
    [(4, -22.9, 20)], [(3, -36, 27.7)], [(4, -22.5, 20.3)],
    [(1, -19.4, 1.6), (2, -18, 1.7), (3, -20.5, 1.5)], [(1, -9.3, 85.2)],
    [(2, -24.7, 15.5), (3, -27.9, 17.1)], [(1, -16.7, 9.8)], [(2, -31.2, 196), (4, -27.4, 201.6)],
    [(1, -27, 5.5), (2, -30, 3.5)],
    [(1, -19.7, 18.5), (2, -22.1, 18.1), (3, -24.3, 18.2), (4, -21.9, 16.7)],
    [(2, -37.8, 20.9), (3, -34, 26.4)], [(1, -22.1, 40.8)],
]  # fmt: skip
STUDY = [i for i, rows in enumerate(STUDIES) for _ in rows]
TIME, YI, VI = (np.array(column) for column in zip(*(row for rows in STUDIES for row in rows), strict=True))
X = (TIME[:, None] == [1, 2, 3, 4]).astype(float)
NAMES = ["3 months", "6 months", "12 months", "later"]
RHO = 0.97  # of sampling errors at neighbouring occasions, as the article estimated it


def autocorrelated() -> FloatArray:
    same = np.equal.outer(STUDY, STUDY)
    lag = np.abs(TIME[:, None] - TIME)
    return np.asarray(same * RHO**lag * np.sqrt(np.outer(VI, VI)))


def fitted(V: FloatArray, structure: str) -> StructuredFit:
    term = RandomTerm(name="time", outer=STUDY, inner=TIME.tolist(), structure=structure)
    return fit_structured(YI, V, terms=[term], X=X, names=NAMES, ci_method="wald")


def test_random_study_effects() -> None:
    fit = fit_multilevel(YI, VI, random={"study": np.array(STUDY)}, X=X, names=NAMES, ci_method="wald")
    assert fit.estimate == pytest.approx([-26.2, -27.2, -28.5, -25.6], abs=digits(1))
    assert fit.sigma2[0] == pytest.approx(26.7, abs=digits(1))


def test_time_specific_effects_independent() -> None:
    fit = fitted(VI, "DIAG")
    assert fit.estimate == pytest.approx([-24.9, -27.5, -28.5, -24.1], abs=digits(1))
    assert fit.result.terms[0].variances == pytest.approx([23.1, 27.8, 27.7, 29.9], abs=digits(1))


def test_correlated_random_time_effects() -> None:
    fit = fitted(VI, "HAR")
    # the table prints -27.5 and 20.4
    assert fit.estimate == pytest.approx([-26.0, -27.3, -28.6, -25.8], abs=digits(1))
    assert fit.result.terms[0].variances == pytest.approx([20.3, 36.0, 26.4, 30.1], abs=digits(1))


def test_multivariate_model() -> None:
    fit = fitted(autocorrelated(), "HAR")
    assert fit.estimate == pytest.approx([-25.9, -27.5, -28.7, -26.5], abs=digits(1))
    # the table prints 22.6 and 31.1
    assert fit.result.terms[0].variances == pytest.approx([22.7, 33.7, 26.1, 31.2], abs=digits(1))
    assert fit.result.terms[0].correlations[0] == pytest.approx(0.88, abs=digits(2))
