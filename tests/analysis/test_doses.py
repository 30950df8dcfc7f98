"""Doses: every row has one or is named, and a line needs enough of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from metamsc.analysis.doses import LEAST, dose_response
from metamsc.analysis.result import AnalysisResult
from metamsc.errors import OptionError
from metamsc.models.pool import pool
from tests.plots.conftest import make_result, mean_row


def with_doses(doses: list[str], *, notes: tuple[str, ...] = (), printed: str = "") -> AnalysisResult:
    rows = []
    for number, dose in enumerate(doses):
        row = mean_row(
            f"s{number}", "T1D", (20, 7.0 - 0.2 * number, 1.0), (20, 7.5, 1.0), label=f"S{number} 2020"
        )
        moderators = tuple(
            (name, {"dose_per_kg": dose, "dose": printed}.get(name, value)) for name, value in row.moderators
        )
        rows.append(replace(row, moderators=moderators, notes=notes))
    return make_result(rows)


def test_every_row_is_a_point_or_named() -> None:
    result = with_doses(["1e6", "", "2e6", "1e6, 2e6"], printed="5×10⁷ cells")
    found = dose_response(result)
    assert [point.dose for point in found.points] == [1e6, 2e6]
    assert found.without == ("S1 2020 (5×10⁷ cells, no body weight)", "S3 2020 (several doses: 1e6, 2e6)")
    assert len(found.points) + len(found.without) == result.table.k
    nothing = dose_response(with_doses([""]))
    assert nothing.without == ("S0 2020 (no dose recorded)",)
    ml = dose_response(with_doses([""], printed="1 mL"))
    assert ml.without == ("S0 2020 (1 mL, no dose in cells per kg)",)


def test_a_dose_from_a_body_weight_is_marked() -> None:
    found = dose_response(
        with_doses(["1e6"], notes=("dose_per_kg: dose per kg ← 1e8/80 kg (body weight of the arm)",))
    )
    assert found.points[0].from_weight
    assert not dose_response(with_doses(["1e6"])).points[0].from_weight


def test_the_line_is_the_meta_regression_on_the_logarithm() -> None:
    result = with_doses(["1e5", "1e6", "1e7", "1e8"])
    found = dose_response(result)
    assert found.bands is not None
    rows = result.table.rows
    X = [[1.0, float(n)] for n in (5, 6, 7, 8)]
    fit = pool([r.yi for r in rows], [r.vi for r in rows], X=X, names=("intercept", "lg"), measure="MD")
    rise = found.bands.line[-1].estimate - found.bands.line[0].estimate
    assert rise / 3.0 == pytest.approx(fit.coefficients[1].estimate, rel=1e-6)
    assert math.isclose(float(found.bands.line[0].value), 1e5)


def test_why_there_is_no_line() -> None:
    few = dose_response(with_doses(["1e6", "2e6", "3e6"]))
    assert few.bands is None
    assert few.note == f"no line: it needs {LEAST} studies with a dose, and there are 3"
    assert dose_response(with_doses(["1e6"] * 4)).note == "no line: all doses are equal"


def test_an_unknown_kind_of_dose_is_refused() -> None:
    with pytest.raises(OptionError, match="'kg', 'recipient'"):
        dose_response(with_doses(["1e6"]), per="mL")
