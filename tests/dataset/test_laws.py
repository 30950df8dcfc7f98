"""Laws of every reading: no numbers of a record stop an analysis, and every row is one that can be pooled."""

import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from metamsc.records.model import Study
from metamsc.records.scalars import LARGEST, SMALLEST
from tests.dataset.invented import CONTROL, MSC, means, study, table

extremes = st.sampled_from([0.0, LARGEST, -LARGEST, SMALLEST, -SMALLEST])
usual = st.sampled_from([0.5, 1.0, 2.5, 6.0, 7.0, 8.5, 40.0, -1.5])
numbers = st.one_of(usual, usual, usual, usual, extremes)
sizes = st.sampled_from([10, 10, 10, 25, 25, 1_000_000, 3, 2, 1, 0])
positive = numbers.map(abs)
pairs = st.tuples(numbers, numbers).map(sorted)
beside = {
    "p": st.sampled_from([0.0, 1e-300, 0.05, 0.5, 1.0]),
    "p_operator": st.sampled_from(["=", "<"]),
    "t": numbers,
    "correlation": st.sampled_from([-1.0, 0.5, 1.0]),
    "reading_error": positive.filter(bool),
    "ci": pairs,
    "iq_range": pairs,
    "range": pairs,
}
CENTRES = ("mean", "change", "percent_change", "median", "geometric_mean")
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@st.composite
def values(draw: st.DrawFn, centres: tuple[str, ...]) -> dict[str, Any]:
    """One arm: a centre with any width, and some of what may stand beside them."""
    centre = draw(st.sampled_from(centres))
    found: dict[str, Any] = {centre: draw(numbers)}
    if draw(st.integers(0, 5)):
        found["n"] = draw(sizes)
    if centre == "geometric_mean":
        found[centre] = abs(found[centre]) or 1.0
        found |= draw(st.sampled_from([{}, {"geometric_sd": 1.5}, {"geometric_sd": LARGEST}]))
    else:
        width = draw(st.sampled_from(["sd", "sd", "se", "spread", "none"]))
        number = draw(positive)
        if width != "none":
            found[width] = {"value": number, "kind": "unlabelled"} if width == "spread" else number
    if centre == "median" and draw(st.booleans()):
        around = abs(found[centre]) / 4
        found["iq_range"] = [
            found[centre] - around,
            found[centre] + draw(st.sampled_from([1.0, 6.0])) * around,
        ]
    for name, strategy in beside.items():
        if name not in found and draw(st.integers(0, 4)) == 0:
            found[name] = draw(strategy)
    return found


tests_between = st.none() | st.fixed_dictionaries(
    {
        "test": st.sampled_from(["t", "welch", "z", "f", "chi2", "mann-whitney", "not-reported"]),
        "p": beside["p"],
    },
    optional={"statistic": numbers, "df": positive.filter(bool)},
)
weights = st.none() | st.fixed_dictionaries(
    {"unit": st.sampled_from(["kg", "g", "stones"]), "mean": numbers}, optional={"sd": positive}
)


UNITS = {"hba1c": ("%", "%", "mmol/mol", "not printed"), "insulin_dose": ("U/kg/day", "U/day")}


@st.composite
def studies(draw: st.DrawFn) -> Study | None:
    """Baseline and two later results of two arms; None where the model refuses the numbers."""
    arms = [
        arm if weight is None else {**arm, "body_weight": weight}
        for arm, weight in ((MSC, draw(weights)), (CONTROL, draw(weights)))
    ]
    outcome, units = draw(st.sampled_from(list(UNITS.items())))
    before = draw(values(("mean", "mean", "median"))), draw(values(("mean",)))
    results = [{**means("baseline", *before), "outcome": outcome, "unit": units[0]}]
    for _ in range(2):
        centre = (draw(st.sampled_from(CENTRES)),)
        found = means(msc=draw(values(centre)), ctrl=draw(values(centre)))
        found |= {"outcome": outcome, "unit": draw(st.sampled_from(units))}
        between = draw(tests_between)
        results.append(found if between is None else {**found, "between": between})
    try:
        return study("a", *results, arms=arms)
    except ValidationError:
        return None


OPTIONS: list[dict[str, Any]] = [
    {"unlabelled_spread": "sd"},
    {"unlabelled_spread": "se", "measure": "ROM", "values": ["change", "final"]},
    {"values": ["change", "final"], "changes": "derived", "unlabelled_spread": "sd", "unit": "mmol/mol"},
    {"measure": "SMD", "changes": "derived", "values": ["change"], "correlation": 0.9},
    {
        "as_reported_only": True,
        "changes": "derived",
        "values": ["change", "final"],
        "medians": "refuse-skewed",
    },
]


@SETTINGS
@given(studies(), st.sampled_from(OPTIONS))
def test_no_numbers_stop_a_table(found: Study | None, options: dict[str, Any]) -> None:
    if found is None:
        return
    outcome = found.results[0].outcome
    chosen = options if outcome == "hba1c" else {**options, "unit": None}
    made = table(found, outcome=outcome, **chosen)
    assert len(made.rows) + len(made.excluded) == 2  # every result after baseline is a row or has a reason
    for row in made.rows:
        assert math.isfinite(row.yi)
        assert math.isfinite(row.vi)
        assert row.vi > 0
        assert not (options.get("as_reported_only") and row.imputed)
        assert all(item.kind != "other" for item in row.derived)
    made.to_dict()
    made.covariance()
