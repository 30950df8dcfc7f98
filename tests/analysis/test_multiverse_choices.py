"""Every decision that a plan can leave open, combined on invented records: each one changes something."""

from typing import Any

import numpy as np
import pytest

from metamsc.analysis.multiverse import run_multiverse
from metamsc.analysis.multiverse_result import Multiverse
from metamsc.analysis.strata import pool_table
from metamsc.dataset.build import build_table
from metamsc.errors import OptionError
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from tests.analysis.plans import analyse, names, plan
from tests.dataset.invented import CONTROL, means, study, treated

# A path is pooled in a batch with others: the same kernel, sums in another order.
SAME_KERNEL = 1e-9

LOW, HIGH = [{"tool": "rob2", "overall": "low"}], [{"tool": "rob2", "overall": "high"}]
SOME = [{"tool": "rob2", "overall": "some concerns"}]


def _values(mean: float, sd: float = 1.0, n: int = 20) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "n": n}


def _studies() -> Studies:
    """Invented studies, each there for one of the decisions."""
    before = means("baseline", _values(8.0), _values(8.1, 1.1))
    unlabelled = {"mean": 7.4, "n": 20, "spread": {"value": 0.6, "kind": "unlabelled"}}
    two_arms = [treated("low", 1e6), treated("high", 2e6), CONTROL]
    three = {"low": _values(7.6), "high": _values(7.0), "control": _values(7.9)}
    with_co = [treated("msc", co_intervention="vitamin D"), CONTROL]
    members: list[Study] = [
        study("plain", means("12 months", _values(7.1), _values(7.9)), risk_of_bias=LOW),
        study("other", means("12 months", _values(7.6, 1.3), _values(7.8, 1.2)), risk_of_bias=LOW),
        study("concerns", means("12 months", _values(7.0), _values(8.2)), risk_of_bias=SOME),
        study("biased", means("12 months", _values(6.3), _values(8.3)), risk_of_bias=HIGH),
        study(
            "two-times",
            means("3 months", _values(7.0), _values(8.0)),
            means("12 months", _values(7.8), _values(8.0)),
            risk_of_bias=LOW,
        ),
        study("unclear-spread", means("12 months", unlabelled, _values(8.0)), risk_of_bias=LOW),
        study("change", before, means("12 months", _values(7.2), _values(8.0)), risk_of_bias=LOW),
        study(
            "unpublished",
            means("12 months", _values(8.1), _values(7.9)),
            publication="unpublished",
            risk_of_bias=LOW,
        ),
        study("co", means("12 months", _values(6.8), _values(7.9)), arms=with_co, risk_of_bias=LOW),
        study("arms", {**means("12 months"), "arms": three}, arms=two_arms, risk_of_bias=LOW),
    ]
    return Studies.of(*members)


# Changes where a study has both ends: the correlation decides about their SDs.
SELECT: dict[str, Any] = {"outcome": "hba1c", "values": ["change", "final"], "changes": "derived"}
DECISIONS: dict[str, list[Any]] = {
    "tau2_method": ["REML", "DL"],
    "ci_method": ["hksj-adhoc", "wald"],
    "measure": ["MD", "SMD"],
    "when": [
        {"label": "latest"},
        {"label": "3 months", "select": {"time": {"at": "3 months", "rule": "nearest"}}},
    ],
    "correlation": [0.3, 0.8],
    "unlabelled_spread": ["sd", "se"],
    "risk_of_bias": ["any", "some-concerns", "low"],
    "co_interventions": ["include", "exclude"],
    "unpublished": ["include", "exclude"],
    "as_reported_only": [False, True],
    "multi_arm": ["combine", "split-control", "highest-dose"],
}


@pytest.fixture(scope="module")
def found() -> Multiverse:
    spec = plan(select=SELECT, multiverse=DECISIONS)
    return run_multiverse(spec, _studies(), patterns=0)


def test_all_combinations_are_there(found: Multiverse) -> None:
    assert found.n_paths == 2**9 * 3**2
    assert {dimension.name: len(dimension.options) for dimension in found.dimensions} == {
        name: len(options) for name, options in DECISIONS.items()
    }


@pytest.mark.parametrize("name", DECISIONS)
def test_every_decision_changes_a_result(found: Multiverse, name: str) -> None:
    (curve,) = found.curves
    at = [dimension.name for dimension in found.dimensions].index(name)
    others = np.delete(found.options, at, axis=1)
    _, same = np.unique(others, axis=0, return_inverse=True)
    for option in range(1, len(DECISIONS[name])):
        first, then = (found.options[:, at] == chosen for chosen in (0, option))
        # One path of either option for each combination of the other decisions, in the same order.
        pairs = np.flatnonzero(first)[np.argsort(same[first])], np.flatnonzero(then)[np.argsort(same[then])]
        assert np.array_equal(others[pairs[0]], others[pairs[1]])
        changed = np.abs(curve.p[pairs[0]] - curve.p[pairs[1]]) > 1e-6
        assert changed.any(), f"{name}: option {option} never changes a P value"


def test_a_sample_of_paths_is_the_plan_with_its_choices(found: Multiverse) -> None:
    studies, (curve,) = _studies(), found.curves
    for path in np.random.default_rng(1).choice(found.n_paths, 40, replace=False).tolist():
        spec = plan(select=SELECT)
        for dimension, chosen in zip(found.dimensions, found.options[path], strict=True):
            option = dimension.options[chosen]
            spec = spec.replaced(option.select, option.model)
        (stratum,) = pool_table(build_table(studies, spec.select), spec).every
        assert curve.k[path] == stratum.pooled.k
        assert curve.estimate[path] == pytest.approx(stratum.pooled.estimate, rel=SAME_KERNEL)
        assert curve.p[path] == pytest.approx(stratum.pooled.p, rel=SAME_KERNEL)


def test_a_floor_in_the_multiverse_keeps_the_rule_for_results_nobody_judged() -> None:
    studies = Studies.of(*_studies(), study("nobody", means("12 months", _values(7.0), _values(8.0))))
    for rule, more in (("drop", 0), ("keep", 1)):
        select = {"outcome": "hba1c", "risk_of_bias": {"at_most": "any", "not_judged": rule}}
        spec = plan(select=select, multiverse={"risk_of_bias": ["any", "low"]})
        (curve,) = run_multiverse(spec, studies, patterns=0).curves
        every = [item for item in build_table(studies, spec.select).rows if item.rob == "low"]
        assert curve.k.tolist()[1] == len(every) + more


def test_judgements_that_differ_are_tried_as_floors_unasked() -> None:
    result = analyse(*_studies(), select={"outcome": "hba1c"})
    assert {"risk-of-bias-low", "risk-of-bias-some-concerns"} <= names(result)
    assert "risk-of-bias-serious" not in names(result)  # leaves out what some-concerns does: one high
    same = [study(name, means(), risk_of_bias=LOW) for name in ("a", "b")]
    assert not any(name.startswith("risk-of-bias") for name in names(analyse(*same)))


def test_without_a_declaration_judged_rows_open_the_decision() -> None:
    (*_, last) = [
        dimension
        for dimension in run_multiverse(plan(), _studies(), patterns=0).dimensions
        if dimension.name == "risk_of_bias"
    ]
    assert [option.label for option in last.options][:2] == ["as planned", "Risk of bias at most low"]


def test_executors_give_the_same_multiverse() -> None:
    open_ones = ("tau2_method", "measure", "when", "correlation", "unpublished", "risk_of_bias", "multi_arm")
    few = {name: DECISIONS[name] for name in open_ones}
    spec = plan(select=SELECT, multiverse=few)
    told: list[int] = []
    serial = run_multiverse(spec, _studies(), patterns=512, progress=lambda done, _: told.append(done))
    (curve,) = serial.curves
    assert curve.test is not None
    assert (curve.test.n_patterns, curve.test.exact) == (512, True)
    assert (len(told) > 1, told[-1]) == (True, 512)
    processes = run_multiverse(spec, _studies(), patterns=512, executor="processes:2")
    assert processes.to_dict() == serial.to_dict()
    assert processes.to_frame().equals(serial.to_frame())
    with pytest.raises(OptionError, match="executor must be 'serial'"):
        run_multiverse(spec, _studies(), executor="threads")
