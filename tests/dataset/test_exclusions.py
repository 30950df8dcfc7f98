"""Every reason a row can be left out for is reached by an invented study, and no other code exists."""

from typing import Any, NamedTuple

import pytest

from metamsc.dataset.rows import EXCLUSION_CODES
from metamsc.records.model import Study
from tests.dataset.invented import CONTROL, MSC, contrast, means, study, table, treated

SKEWED = {"median": 2.0, "iq_range": [0.0, 10.0], "n": 50}
UNLABELLED = {"mean": 7.0, "n": 10, "spread": {"value": 0.5, "kind": "unlabelled"}}
PLAIN = {"mean": 7.0, "sd": 1.0, "n": 10}


class Case(NamedTuple):
    studies: tuple[Study, ...]
    options: dict[str, Any]


def case(*studies: Study, **options: Any) -> Case:
    return Case(studies, options)


CASES = {
    "by-plan": case(study("a", means()), exclude=[{"study": "a", "reason": "said so"}]),
    "design": case(study("a", means(), design="single-arm")),
    "no-control": case(study("a", means(), arms=[MSC, {**CONTROL, "comparator": "insulin"}])),
    "not-msc": case(study("a", means()), treatment={"msc": "none"}),
    "co-intervention": case(
        study("a", means(), arms=[treated("msc", co_intervention="vitamin D"), CONTROL]),
        treatment={"co_interventions": "exclude"},
    ),
    "unpublished": case(study("a", means(), publication="unpublished"), unpublished="exclude"),
    "time": case(study("a", means("2 weeks")), time={"rule": "latest", "earliest": "8 weeks"}),
    "cohort": case(study("a", means(), cohort="x"), study("b", means(), cohort="x")),
    "not-for-pooling": case(study("a", means(pool=False, note="not comparable"))),
    "definition": case(study("a", means()), definition="HPLC"),
    "subgroup": case(study("a", means(subgroup="women"))),
    "post-hoc": case(study("a", means(post_hoc=True))),
    "risk-of-bias": case(
        study("a", means(), risk_of_bias=[{"tool": "rob2", "overall": "high"}]),
        risk_of_bias={"at_most": "low"},
    ),
    "no-spread": case(study("a", means(msc={"mean": 7.0, "n": 10}))),
    "skewed": case(study("a", means(msc=SKEWED)), medians="refuse-skewed"),
    "unlabelled-spread": case(study("a", means(msc=UNLABELLED))),
    "no-n": case(study("a", means(msc={"mean": 7.0, "ci": [6.0, 8.0]}))),
    "no-value": case(study("a", {**means(), "arms": {"msc": PLAIN}})),
    "unit": case(study("a", {**means(), "unit": "not printed"})),
    "measure": case(study("a", contrast(difference=-0.3, se=0.2)), measure="SMD"),
    "imputed": case(study("a", means(msc=UNLABELLED)), unlabelled_spread="sd", as_reported_only=True),
    "not-computable": case(study("a", means(msc={"mean": 7.0, "sd": 0.0, "n": 10}))),
}


def test_every_code_has_a_case() -> None:
    assert set(CASES) == set(EXCLUSION_CODES)


@pytest.mark.parametrize("code", sorted(CASES))
def test_code(code: str) -> None:
    found = table(*CASES[code].studies, **CASES[code].options)
    (item,) = found.excluded
    assert item.code == code
    assert item.reason
    assert not item.reason.endswith(".")
    assert item.at in {"12 months", "2 weeks"}
    assert (item.study_id, item.label) in {("a", "Invented a"), ("b", "Invented b")}
