"""Numbers of tables and sentences against a recomputation from the rows that shares no code with ours.

REML by bounded minimisation of the restricted likelihood in scipy, intervals and probabilities from their
formulas; then each printed number is read back from the cell or sentence and must be the recomputed one,
rounded.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.result import AnalysisResult, Stratum
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.records.studies import Studies
from metamsc.report.paper import REGISTERS, write_paper
from metamsc.report.words import place
from metamsc.tables import findings_table, heterogeneity_table, results_table
from metamsc.tables.table import Table

from .claims import same_number, value

ROOT = Path(__file__).parents[2]
PLANS = [read_spec(path) for path in find_specs(ROOT / "analyses")]
NAMES = [plan.name for plan in PLANS]
NUMBER = r"[−-]?\d+(?:\.\d+)?"
TAU2_STEP = 1e-11
"""Absolute tolerance of the minimiser on tau2; cells show at most four digits of it."""


@dataclass(frozen=True)
class Again:
    """One pool, computed anew."""

    k: int
    estimate: float
    low: float
    high: float
    p: float
    tau2: float
    I2: float
    Q: float
    pi: tuple[float, float] | None


def recompute(result: AnalysisResult, stratum: Stratum) -> Again:
    """Pool the rows of a stratum: REML, HKSJ with the ad hoc floor, prediction interval with k - 1 df."""
    rows = result.rows_of(stratum)
    y, v = np.array([row.yi for row in rows]), np.array([row.vi for row in rows])
    k = len(y)
    if k == 1:
        only, se = rows[0].yi, math.sqrt(rows[0].vi)
        half = float(stats.norm.ppf(0.975)) * se
        p = float(2 * stats.norm.sf(abs(only) / se))
        return Again(1, only, only - half, only + half, p, 0.0, 0.0, 0.0, None)

    def minus_restricted(tau2: float) -> float:
        w = 1 / (v + tau2)
        mu = np.sum(w * y) / np.sum(w)
        return float(0.5 * (-np.sum(np.log(w)) + np.log(np.sum(w)) + np.sum(w * (y - mu) ** 2)))

    top = 10 * float(np.var(y) + np.max(v))
    found = optimize.minimize_scalar(
        minus_restricted, bounds=(0.0, top), method="bounded", options={"xatol": TAU2_STEP, "maxiter": 5000}
    )
    tau2 = 0.0 if minus_restricted(0.0) <= found.fun + 1e-12 else float(found.x)
    w = 1 / (v + tau2)
    mu = float(np.sum(w * y) / np.sum(w))
    floor = max(1.0, float(np.sum(w * (y - mu) ** 2) / (k - 1)))
    se = math.sqrt(floor / float(np.sum(w)))
    t = float(stats.t.ppf(0.975, k - 1))
    w0 = 1 / v
    Q = float(np.sum(w0 * (y - np.sum(w0 * y) / np.sum(w0)) ** 2))
    typical = (k - 1) * np.sum(w0) / (np.sum(w0) ** 2 - np.sum(w0**2))
    reach = t * math.sqrt(tau2 + se**2)
    return Again(
        k, mu, mu - t * se, mu + t * se, float(2 * stats.t.sf(abs(mu) / se, k - 1)), tau2,
        float(100 * tau2 / (tau2 + typical)), Q, (mu - reach, mu + reach) if k > 2 else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="module")
def shipped(records: Studies) -> dict[str, AnalysisResult]:
    return {plan.name: run(plan, records) for plan in PLANS}


def rounded(text: str, exact: float) -> bool:
    """Say whether a printed number is the exact one, rounded at its last digit."""
    if text.startswith("<"):
        return exact < value(text[1:])
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return abs(value(text) - exact) <= half * (1 + 1e-6) + 1e-9


def line(table: Table, place_: int) -> dict[str, str]:
    cells = [row for row in table.rows if row.kind != "group"][place_].cells
    return {column.name: item.text for column, item in zip(table.columns, cells, strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_tables_hold_the_recomputed_numbers(name: str, shipped: dict[str, AnalysisResult]) -> None:
    result = shipped[name]
    shown = result.scale.shown
    for number, stratum in enumerate([*result.strata, *([result.overall] if result.overall else [])]):
        again = recompute(result, stratum)
        own = line(results_table(result), number)
        printed = re.findall(NUMBER, own["estimate"])
        for text, exact in zip(printed, (again.estimate, again.low, again.high), strict=True):
            assert same_number(text, shown(exact), result), (name, stratum.label, text, shown(exact))
        assert own["k"].startswith(str(again.k))
        assert rounded(own["p"], again.p), (own["p"], again.p)
        if again.k == 1:
            continue
        tau2 = own["tau2"].split("\n")[0]
        assert value(tau2) == pytest.approx(again.tau2, rel=0.05, abs=1e-9)  # two significant digits
        assert rounded(own["I2"].split("%")[0], again.I2)
        if again.pi is not None:
            for text, exact in zip(re.findall(NUMBER, own["pi"]), again.pi, strict=True):
                assert same_number(text, shown(exact), result)


@pytest.mark.parametrize("name", NAMES)
def test_heterogeneity_is_the_recomputed_one(name: str, shipped: dict[str, AnalysisResult]) -> None:
    result = shipped[name]
    pools = [s for s in (*result.strata, *([result.overall] if result.overall else [])) if s.pooled.k > 1]
    for number, stratum in enumerate(pools):
        again = recompute(result, stratum)
        own = line(heterogeneity_table(result), number)
        q, df = re.findall(NUMBER, own["Q"])[:2]
        assert rounded(q, again.Q)
        assert int(df) == again.k - 1
        p = re.search(r"p [=<] ([\d.]+)", own["Q"])
        assert p is not None
        assert rounded(p[1], float(stats.chi2.sf(again.Q, again.k - 1)))


def test_absolute_effects_by_hand(shipped: dict[str, AnalysisResult]) -> None:
    """Control arms of the ulcer trials: events and people added up, times the ratio."""
    result = shipped["foot-ulcer-healing"]
    (stratum,) = result.strata
    rows = result.rows_of(stratum)
    events = sum(row.control.events or 0.0 for row in rows)
    people = sum(row.control.n or 0.0 for row in rows)
    risk = events / people
    again = recompute(result, stratum)
    own = line(findings_table(result), 0)
    assert rounded(own["without"], 1000 * risk)
    expected = [min(1000 * risk * math.exp(x), 1000.0) for x in (again.estimate, again.low, again.high)]
    printed = re.findall(NUMBER, own["with"])[:3]
    assert all(rounded(text, exact) for text, exact in zip(printed, expected, strict=True))
    more = re.findall(r"(\d+) (more|fewer)", own["difference"])
    for (size, way), exact in zip(more, expected, strict=True):
        assert rounded(size, abs(exact - 1000 * risk))
        assert (way == "more") is (exact > 1000 * risk)


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("name", NAMES)
def test_sentences_hold_the_recomputed_numbers(
    name: str, register: str, shipped: dict[str, AnalysisResult], records: Studies
) -> None:
    """Group, sign, unit, interval and side of no difference of every pool, as a paper tells them."""
    result = shipped[name]
    paper = write_paper(result, records, register=register)
    pools = result.pools if register == "technical" else [s for s in result.pools if len(s.key) < 2]
    for stratum, paragraph in zip(pools, paper.sections[1].paragraphs, strict=False):
        text, again = paper.plain(paragraph), recompute(result, stratum)
        assert text.startswith(place(result, stratum)), text
        inside = again.low <= 0.0 <= again.high
        assert ("The interval includes" in text) is inside
        assert ("The interval excludes" in text) is not inside
        _check_effect(result, again, text, technical=register == "technical")


def _check_effect(result: AnalysisResult, again: Again, text: str, *, technical: bool) -> None:
    scale = result.scale
    ratio, shown = scale.ratio, scale.shown
    exact = [shown(x) for x in (again.estimate, again.low, again.high)]
    lower = again.estimate < 0
    if technical:
        found = re.search(rf", was ({NUMBER})[^(]*\(95% CI ({NUMBER}) to ({NUMBER})", text)
        assert found is not None, text
        assert all(same_number(one, x, result) for one, x in zip(found.groups(), exact, strict=True))
        assert re.search(
            rf": by the estimate, .* was {'(?:lower|less)' if lower else '(?:higher|more)'}", text
        )
    elif ratio:
        found = re.search(rf"\(\w[\w ]* ({NUMBER}), 95% CI ({NUMBER}) to ({NUMBER})", text)
        assert found is not None, text
        assert all(same_number(one, x, result) for one, x in zip(found.groups(), exact, strict=True))
    else:
        found = re.search(rf"({NUMBER}) (?:[\w/]+ )+(lower|higher) with", text)
        assert found is not None, text
        size = 100.0 if scale.measure == "RD" else 1.0
        assert rounded(found[1], size * abs(again.estimate)), (found[1], again.estimate)
        assert (found[2] == "lower") is lower
    if not ratio and not technical:
        ends = re.search(rf"95% CI ({NUMBER})( lower| higher)? to ({NUMBER}) (lower|higher)", text)
        assert ends is not None, text
        size = 100.0 if scale.measure == "RD" else 1.0
        assert rounded(ends[1], size * abs(again.low if ends[2] or not lower else again.high))
        assert (ends[4] == "lower") is (again.high < 0)


def test_the_reader_notices_another_number(shipped: dict[str, AnalysisResult]) -> None:
    result = shipped["hba1c"]
    paper: Any = write_paper(result, register="plain")
    text = paper.plain(paper.sections[1].paragraphs[0])
    again = recompute(result, result.strata[0])
    _check_effect(result, again, text, technical=False)
    for old, new in (("1.34 percentage", "1.35 percentage"), ("lower with", "higher with"), ("4.83", "4.38")):
        assert old in text
        with pytest.raises(AssertionError):
            _check_effect(result, again, text.replace(old, new), technical=False)
