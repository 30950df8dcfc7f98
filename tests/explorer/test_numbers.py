"""The browser's numbers are Python's: distributions against scipy, pools against metamsc.pool.

Every data set of the reference that has effects and variances, every shipped analysis, and sets made to be
hard are pooled by Chromium and by Python with every estimator and interval.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

from metamsc.analysis.result import AnalysisResult
from metamsc.models.batch import make_batch
from metamsc.models.kernel import moments
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from tests.explorer.conftest import ROOT, Opener
from tests.visit import becomes

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

# Both sides work in double precision on the same formulas; what they lose differently is rounding of sums,
# some 1e-14. The promise to readers is 1e-8; a hundred times less is held here.
AGREE = 1e-10
# Series and continued fractions of some hundred terms at most.
DISTRIBUTIONS = 1e-12
TAU2, CI, PI = ("REML", "PM", "DL"), ("wald", "t", "hksj", "hksj-adhoc"), ("t", "riley", "normal", "simple")

Effects = tuple[str, list[float], list[float]]


def found_in(value: Any, path: str) -> Iterator[Effects]:
    """Every pair of lists yi and vi in a reference file, rows without a number left out."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from found_in(item, f"{path}/{i}")
    if not isinstance(value, dict):
        return
    yi, vi = value.get("yi"), value.get("vi")
    if isinstance(yi, list) and isinstance(vi, list) and len(yi) == len(vi):
        usable = [
            (float(y), float(v))
            for y, v in zip(yi, vi, strict=True)
            if isinstance(y, int | float) and isinstance(v, int | float) and v > 0
        ]
        if usable:
            yield path, [y for y, _ in usable], [v for _, v in usable]
    for key, item in value.items():
        yield from found_in(item, f"{path}/{key}")


def reference_sets() -> list[Effects]:
    """Each distinct set of effects once, whichever files and calls it stands in."""
    sets: dict[str, Effects] = {}
    for file in sorted((ROOT / "tests" / "reference" / "data").glob("*.json")):
        for name, yi, vi in found_in(json.loads(file.read_text(encoding="utf-8")), file.stem):
            sets.setdefault(json.dumps((yi, vi)), (name, yi, vi))
    return list(sets.values())


def hard_sets() -> list[Effects]:
    """Sets on which estimators break: few studies, no spread, odd scales, several maxima."""
    sets: list[Effects] = [
        ("k = 1", [0.3], [0.04]),
        ("k = 2", [0.3, 0.5], [0.04, 0.09]),
        ("k = 2, equal", [1.0, 1.0], [1.0, 2.0]),
        ("identical effects", [0.3] * 5, [0.04, 0.1, 0.2, 0.3, 0.05]),
        ("equal variances", [0.1, 0.4, 0.2, 0.9], [0.04] * 4),
        ("zero heterogeneity", [0.30, 0.31, 0.29, 0.305], [0.04] * 4),
        ("huge unit", [1e8, 1.1e8, 1.3e8], [1e14, 2e14, 1e13]),
        ("tiny unit", [1e-8, 1.1e-8, 1.9e-8], [1e-18, 2e-18, 1e-19]),
        ("large offset", [1e6 + 0.1, 1e6 + 0.5, 1e6 + 0.2], [0.01, 0.02, 0.03]),
        ("variances 1e7 apart", [0.1, 0.4, 0.2, 0.9, 0.11], [1e-7, 1.0, 0.5, 0.2, 1e-6]),
        ("variances 1e10 apart", [0.1, 0.4, 0.2, 0.9], [1e-10, 1.0, 0.5, 0.2]),
        *((f"two maxima {y}", [0.0, 0.0, y, -y], [1e-4, 1e-4, 1.0, 1.0]) for y in (2.5, 4.0, 6.0)),
    ]
    rng = np.random.default_rng(11)
    for i in range(60):
        k = int(rng.integers(2, 15))
        vi = 10.0 ** rng.uniform(-4, 1, k)
        tau2 = 10.0 ** rng.uniform(-3, 1) if i % 3 else 0.0
        yi = rng.normal(0.0, 1.0, k) * np.sqrt(vi + tau2) + 5.0 * (rng.random(k) < 0.1)
        sets.append((f"random {i}", yi.tolist(), vi.tolist()))
    return sets


def options() -> list[tuple[str, str, str]]:
    plain = [(tau2, ci, "t") for tau2 in TAU2 for ci in CI]
    return [
        *plain,
        *(("REML", "hksj-adhoc", pi) for pi in PI[1:]),
    ]  # the interval's width is all that differs


def pooled_in_browser(page: Any, sets: Sequence[Effects]) -> list[dict[str, Any]]:
    jobs = [
        [yi, vi, {"tau2Method": tau2, "ciMethod": ci, "piMethod": pi}]
        for _, yi, vi in sets
        for tau2, ci, pi in options()
    ]
    script = (
        "jobs => jobs.map(([yi, vi, options]) => ({...metamscExplorer.pool(yi, vi, options),"
        " tau2Ci: metamscExplorer.tau2Interval(yi, vi)}))"
    )
    found: list[dict[str, Any]] = page.evaluate(script, jobs)
    return found


def pairs(found: dict[str, Any], expected: PooledResult) -> Iterator[tuple[str, float | None, float | None]]:
    """The numbers of both sides, by name; an interval's end is measured against its half width."""
    h = expected.heterogeneity
    for name in ("estimate", "se", "statistic", "p"):
        yield name, found[name], getattr(expected, name)
    yield "tau2", found["tau2"], h.tau2
    yield "I2", found["I2"], h.I2
    yield "H2", found["H2"], h.H2
    yield "Q", found["Q"], h.Q
    yield "Q_p", found["QP"], h.Q_p
    for name, ours, theirs in (
        ("ci", found["ci"], expected.ci),
        ("pi", found["pi"], expected.pi),
        ("tau2_ci", found["tau2Ci"], h.tau2_ci),
    ):
        ends = (None, None) if theirs is None else (theirs.low, theirs.high)
        yield from ((name, *pair) for pair in zip(ours or (None, None), ends, strict=True))
    yield from (("weight", *pair) for pair in zip(found["weights"], expected.weights_percent, strict=True))


def relative(name: str, ours: float, theirs: float, se: float) -> float:
    """Difference against the larger of the number and its scale (of places on the axis: the SE)."""
    floor = {"estimate": se, "ci": se, "pi": se, "statistic": 1.0}.get(name, 1e-300)
    if ours == theirs:
        return 0.0
    return abs(ours - theirs) / max(abs(theirs), floor, 1e-300)


def largest_differences(page: Any, sets: Sequence[Effects]) -> dict[str, tuple[float, str]]:
    """Largest relative difference of each estimator of tau2, and where."""
    results = iter(pooled_in_browser(page, sets))
    worst: dict[str, tuple[float, str]] = dict.fromkeys(TAU2, (0.0, ""))
    for name, yi, vi in sets:
        for tau2, ci, pi in options():
            expected = pool(yi, vi, tau2_method=tau2, ci_method=ci, pi_method=pi)
            for what, ours, theirs in pairs(next(results), expected):
                assert (ours is None) == (theirs is None), (name, tau2, ci, pi, what, ours, theirs)
                if ours is not None and theirs is not None:
                    off = relative(what, ours, theirs, expected.se)
                    worst[tau2] = max(worst[tau2], (off, f"{name}: {what}, {tau2}, {ci}: {ours} {theirs}"))
    return worst


def test_reference_data_sets(visit: Opener, shipped_page: Path) -> None:
    sets = reference_sets()
    assert len(sets) > 150
    assert {name.split("/")[0] for name, _, _ in sets} >= {"bcg", "edge_cases", "molloy2014"}
    for off, where in largest_differences(visit(shipped_page).page, sets).values():
        assert off <= AGREE, where


def test_hard_data_sets(visit: Opener, shipped_page: Path) -> None:
    for off, where in largest_differences(visit(shipped_page).page, hard_sets()).values():
        assert off <= AGREE, where


@pytest.mark.parametrize("name", ["two maxima 2.5", "two maxima 4.0", "two maxima 6.0"])
def test_those_sets_have_two_maxima(name: str) -> None:
    """The score of the restricted likelihood crosses 0 twice, and 0 itself is the other maximum."""
    yi, vi = next((yi, vi) for found, yi, vi in hard_sets() if found == name)
    batch = make_batch(np.array([yi]), np.array([vi]))
    tau2 = np.geomspace(1e-7, 100.0, 4000) / batch.scale[0] ** 2
    at = moments(batch.take(np.zeros(tau2.size, dtype=np.intp)), tau2)
    assert (np.diff(np.sign(at.A - at.trP)) != 0).sum() == 2


def test_every_pool_of_the_shipped_analyses(
    visit: Opener, shipped_page: Path, shipped: Sequence[AnalysisResult]
) -> None:
    sets = [
        (f"{result.name} {stratum.label}", [r.yi for r in rows], [r.vi for r in rows])
        for result in shipped
        for stratum in result.pools
        for rows in [result.rows_of(stratum)]
    ]
    assert len(sets) >= len(shipped)
    for off, where in largest_differences(visit(shipped_page).page, sets).values():
        assert off <= AGREE, where


def test_the_page_shows_the_plans_own_results(
    visit: Opener, shipped_page: Path, shipped: Sequence[AnalysisResult]
) -> None:
    script = """() => metamscExplorer.view().groups.flatMap(group => [...group.children, group])
        .map(group => [group.key, group.fit.k, group.fit.estimate, group.fit.ci, group.fit.pi])"""
    page = visit(shipped_page).page
    for result in shipped:
        merge = "&merge=1" if result.overall is not None else ""
        address = f"#a={result.name}{merge}"
        page.evaluate("hash => { location.hash = hash; }", address)
        becomes(page, "metamscExplorer.formatHash()", address)
        found = {tuple(key): rest for key, *rest in page.evaluate(script)}
        assert set(found) == {stratum.key for stratum in result.pools}
        for stratum in result.pools:
            k, estimate, ci, pi = found[stratum.key]
            pooled = stratum.pooled
            assert k == pooled.k
            assert estimate == pytest.approx(pooled.estimate, rel=AGREE)
            assert ci == pytest.approx([pooled.ci.low, pooled.ci.high], rel=AGREE)
            assert (pi is None) == (pooled.pi is None)
            if pooled.pi is not None:
                assert pi == pytest.approx([pooled.pi.low, pooled.pi.high], rel=AGREE)


def test_leaving_one_out_is_pooling_the_others(visit: Opener, shipped_page: Path) -> None:
    yi, vi = [0.1, 0.4, 0.2, 0.9], [0.04, 0.09, 0.02, 0.05]
    found = visit(shipped_page).page.evaluate("([y, v]) => metamscExplorer.leaveOneOut(y, v, {})", [yi, vi])
    for i, one in enumerate(found):
        expected = pool([y for j, y in enumerate(yi) if j != i], [v for j, v in enumerate(vi) if j != i])
        assert one["estimate"] == pytest.approx(expected.estimate, rel=AGREE)
        assert one["ci"] == pytest.approx([expected.ci.low, expected.ci.high], rel=AGREE)


DF = (0.5, 1, 2, 2.5, 3, 4, 5, 10, 23, 24, 50, 100, 999, 5000)


def distribution_cases() -> list[tuple[str, list[float], float]]:
    cases: list[tuple[str, list[float], float]] = [
        ("normalCdf", [z], float(special.ndtr(z)))
        for z in (-37.0, -20.0, -8.0, -3.0, -2.2, -2.1, -1.96, -1.0, -0.1, -1e-5, 0.0, 0.3, 1.5, 6.0)
    ]
    for p in (1e-300, 1e-20, 1e-8, 0.005, 0.025, 0.1, 0.3, 0.45, 0.6, 0.9, 0.975, 0.9999):
        cases.append(("normalQuantile", [p], float(special.ndtri(p))))
        if p > 1e-10:
            cases += [("tQuantile", [p, df], float(special.stdtrit(df, p))) for df in DF]
    for t in (-1e3, -50.0, -12.7, -3.0, -2.0, -1.0, -0.3, -1e-4, 0.0, 1.0, 4.0):
        cases += [("tCdf", [t, df], float(special.stdtr(df, t))) for df in DF]
    for a in (0.5, 1.0, 1.5, 3.0, 12.0, 40.0, 500.0):
        for b in (0.5, 1.0, 6.5, 30.0, 200.0):
            cases += [
                ("incompleteBeta", [a, b, x], float(special.betainc(a, b, x)))
                for x in (1e-6, 0.01, 0.3, 0.5, 0.7, 0.99)
            ]
    for df in (1, 2, 3, 5, 12, 23, 24, 25, 99, 999):
        cases += [("chi2Tail", [x, df], float(special.chdtrc(df, x))) for x in (1e-12, 0.1, 1, 3.84, 20, 300)]
        cases += [
            ("chi2Quantile", [p, df], float(special.chdtri(df, p))) for p in (0.975, 0.9, 0.5, 0.025, 1e-6)
        ]
    return cases


def test_distributions_are_those_of_scipy(visit: Opener, shipped_page: Path) -> None:
    cases = distribution_cases()
    script = "calls => calls.map(([name, values]) => metamscExplorer[name](...values))"
    found = visit(shipped_page).page.evaluate(script, [[name, values] for name, values, _ in cases])
    for (name, values, expected), ours in zip(cases, found, strict=True):
        assert math.isclose(ours, expected, rel_tol=DISTRIBUTIONS, abs_tol=1e-300), (
            name,
            values,
            ours,
            expected,
        )


def test_t_quantiles_by_hand(visit: Opener, shipped_page: Path) -> None:
    """One degree of freedom is Cauchy's: tan(pi (p - 1/2)); two: (2p - 1) / sqrt(2p(1 - p))."""
    found = visit(shipped_page).page.evaluate(
        "[metamscExplorer.tQuantile(0.975, 1), metamscExplorer.tQuantile(0.975, 2)]"
    )
    assert found[0] == pytest.approx(math.tan(math.pi * 0.475), rel=1e-14)
    assert found[1] == pytest.approx(0.95 / math.sqrt(2 * 0.975 * 0.025), rel=1e-14)
