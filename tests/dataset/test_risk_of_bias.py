"""The risk-of-bias floor, on invented studies: what it takes, what it leaves out, and what it says."""

from typing import Any

import pytest

from metamsc.dataset.risk_of_bias import FLOORS, RANKS, find_judgement
from metamsc.dataset.rows import EffectTable
from metamsc.errors import OptionError
from metamsc.records.model import Study
from metamsc.vocabulary import RobJudgement, RobTool
from tests.dataset.invented import means, study, table


def judged(name: str, overall: str | None, **entry: Any) -> Study:
    """An invented study whose HbA1c has this overall judgement; None for none."""
    entries = [] if overall is None else [{"tool": "rob2", "outcome": "hba1c", "overall": overall, **entry}]
    return study(name, means(), risk_of_bias=entries)


def kept(found: EffectTable) -> list[str]:
    return sorted(row.study_id for row in found.rows)


EVERY = tuple(judged(word.value.replace(" ", "-"), word.value) for word in RobJudgement)
TAKEN = {
    "low": {"low"},
    "some-concerns": {"low", "some-concerns", "moderate", "unclear"},
    "serious": {"low", "some-concerns", "moderate", "unclear", "serious"},
}


@pytest.mark.parametrize("floor", FLOORS)
def test_what_each_floor_takes(floor: str) -> None:
    found = table(*EVERY, risk_of_bias={"at_most": floor})
    assert set(kept(found)) == TAKEN[floor]
    assert {item.code for item in found.excluded} == {"risk-of-bias"}
    assert len(found.excluded) == len(EVERY) - len(TAKEN[floor])


def test_every_word_but_no_information_has_a_rank() -> None:
    assert set(RobJudgement) - set(RANKS) == {RobJudgement.NO_INFORMATION}


def test_without_a_floor_nothing_is_looked_at() -> None:
    found = table(*EVERY)
    assert len(found.rows) == len(EVERY)
    assert not any(row.notes for row in found.rows)
    assert {row.rob for row in found.rows} == {*(word.value for word in RANKS), ""}


def test_the_reason_names_judgement_and_floor() -> None:
    (item,) = table(judged("a", "high"), risk_of_bias={"at_most": "some-concerns"}).excluded
    assert (item.code, item.reason) == (
        "risk-of-bias",
        "risk of bias judged high; the plan takes at most some-concerns",
    )


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "not judged"),
        ([{"tool": "rob2", "outcome": "c_peptide_fasting", "overall": "low"}], "not judged"),
        ([{"tool": "rob2", "overall": "no information"}], "could not be judged (no information)"),
        (
            [{"tool": "rob2", "domains": [{"domain": "Randomisation process", "judgement": "low"}]}],
            "judged by domains only, without an overall judgement",
        ),
    ],
)
@pytest.mark.parametrize("not_judged", ["drop", "keep"])
def test_results_without_a_judgement_are_listed_either_way(
    entries: list[dict[str, Any]], said: str, not_judged: str
) -> None:
    unknown = study("a", means(), risk_of_bias=entries)
    found = table(unknown, judged("b", "low"), risk_of_bias={"at_most": "low", "not_judged": not_judged})
    expected = f"risk of bias {said}; the plan takes at most low"
    if not_judged == "drop":
        assert (kept(found), [item.reason for item in found.excluded]) == (["b"], [expected])
    else:
        assert kept(found) == ["a", "b"]
        assert found.rows[0].notes == (f"{expected} and keeps results without a judgement",)
        assert found.rows[1].notes == ()


def test_a_judgement_on_the_outcome_comes_before_one_on_the_study() -> None:
    entries = [
        {"tool": "rob2", "overall": "high"},
        {"tool": "rob2", "outcome": "hba1c", "overall": "low"},
    ]
    found = study("a", means(), risk_of_bias=entries)
    assert find_judgement(found, "hba1c") is RobJudgement.LOW
    assert find_judgement(found, "c_peptide_fasting") is RobJudgement.HIGH


def test_of_two_judgements_on_one_outcome_the_worse_counts() -> None:
    entries = [
        {"tool": "rob2", "outcome": "hba1c", "overall": "some concerns", "assessed_by": "one"},
        {"tool": "rob2", "outcome": "hba1c", "overall": "high", "assessed_by": "two"},
    ]
    assert find_judgement(study("a", means(), risk_of_bias=entries), "hba1c") is RobJudgement.HIGH


def test_tools_can_be_named() -> None:
    other = judged("a", "low", tool="robins-i-v2")
    assert find_judgement(other, "hba1c", (RobTool.ROB2,)) is None
    (item,) = table(other, risk_of_bias={"at_most": "low", "tools": ["rob2"]}).excluded
    assert "judged by another tool only (robins-i-v2)" in item.reason
    assert kept(table(other, risk_of_bias={"at_most": "low", "tools": ["robins-i-v2"]})) == ["a"]


def test_refusals() -> None:
    with pytest.raises(OptionError, match="`tools` needs a floor"):
        table(judged("a", "low"), risk_of_bias={"tools": ["rob2"]})
    with pytest.raises(OptionError, match=r"risk_of_bias\.at_most"):
        table(judged("a", "low"), risk_of_bias={"at_most": "high"})
