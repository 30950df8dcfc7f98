"""Jackson, Turner, Rhodes & Viechtbauer (2014), Methods for calculating confidence and credible intervals for
the residual between-study variance in random effects meta-regression models, BMC Med Res Methodol 14:103.

Intervals for the residual tau2 of the two examples, as metafor's test of this article records them (four
decimals). Tolerance: half a unit of the last digit, and for the exact intervals the step at which R's
search stops.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from tests.published.printed import digits

FIRST = (
    [0.0267, 0.8242, 0.3930, 2.4405, 2.1401, 1.2528, 2.4849, 0.3087, 1.4246, 0.1823, 1.1378, 1.2321, 2.0695,
     4.0237, 1.4383, 1.6021],
    [0.1285, 0.0315, 0.0931, 2.0967, 1.0539, 0.1602, 1.0235, 0.0218, 0.5277, 0.0556, 0.3304, 0.1721, 0.4901,
     2.0200, 0.3399, 0.1830],
    np.column_stack([np.ones(16), [0] * 10 + [1] * 6]),
)  # fmt: skip
SECOND = (
    [0.54, 0.4, 0.64, 0.365, 0.835, 0.02, 0.12, 0.085, 1.18, 0.08, 0.18, 0.325, 0.06, 0.715, 0.065, 0.245,
     0.24,
     0.06, 0.19],
    [0.0176, 0.019, 0.0906, 0.0861, 0.0063, 0.0126, 0.0126, 0.0041, 0.0759, 0.0126, 0.0104, 0.0242, 0.0026,
     0.2629, 0.0169, 0.0156, 0.0481, 0.0084, 0.0044],
    np.column_stack([np.ones(19), [1986, 1987, 1988, 1988, 1998, 1999, 2000, 2000, 2000, 2001, 2001, 2001,
                                   2002, 2002, 2002, 2002, 2003, 2003, 2003]]),
)  # fmt: skip
# uniroot's default tolerance, .Machine$double.eps^0.25, with which the ends were found
SEARCH = 1.3e-4

Example = tuple[list[float], list[float], FloatArray]


@pytest.mark.parametrize(
    ("example", "method", "low", "high"),
    [
        (FIRST, "biggerstaff-jackson", 0.0029, 0.6907),
        (FIRST, "jackson", 0.0000, 1.1245),
        (FIRST, "q-profile", 0.0023, 1.4871),  # "Paule-Mandel"
        (SECOND, "biggerstaff-jackson", 0.0170, 0.1393),
        (SECOND, "jackson", 0.0180, 0.1375),
        (SECOND, "q-profile", 0.0178, 0.1564),
    ],
)
def test_exact_intervals(example: Example, method: str, low: float, high: float) -> None:
    y, v, X = example
    interval = tau2_interval(y, v, X=X, method=method).tau2
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=SEARCH + digits(4))


@pytest.mark.parametrize(("example", "low", "high"), [(FIRST, 0.0110, 0.6330), (SECOND, 0.0163, 0.1108)])
def test_interval_from_the_standard_error_of_log_tau2(example: Example, low: float, high: float) -> None:
    y, v, X = example
    h = pool(y, v, X=X, ci_method="wald").heterogeneity
    assert h.tau2_se is not None
    half = 1.96 * h.tau2_se / h.tau2
    ends = (h.tau2 * math.exp(-half), h.tau2 * math.exp(half))
    assert ends == pytest.approx((low, high), abs=digits(4))
