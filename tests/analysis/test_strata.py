"""Strata, their order, tests between them, and pooling across types. All studies are invented."""

import re

import pytest
from pydantic import ValidationError

from metamsc.models.pool import pool
from metamsc.records.model import Study
from tests.analysis.plans import analyse, plan
from tests.dataset.invented import CONTROL, means, study, treated

EXACT = 1e-12  # a weighted mean of two numbers near 1


def of_type(kind: str, *values: float, source: str = "umbilical-cord") -> list[Study]:
    """Studies of a type whose treated means are given; control 8.0, SDs 1, n 10: variance 0.2 each."""
    arms = [treated("msc", source=source), CONTROL]
    short = source[:4]
    return [
        study(
            f"{kind.lower()}-{short}-{i}",
            means(msc={"mean": value, "sd": 1.0, "n": 10}),
            arms=arms,
            diabetes_type=kind,
        )
        for i, value in enumerate(values)
    ]


def test_types_stand_in_the_order_of_the_field() -> None:
    kinds = ("unspecified", "mixed", "T3c", "T2D", "T1D")
    result = analyse(*(item for kind in kinds for item in of_type(kind, 7.0)))
    assert [stratum.label for stratum in result.strata] == [
        "T1D",
        "T2D",
        "T3c",
        "Mixed types",
        "Type not stated",
    ]
    assert [stratum.key for stratum in result.strata][-1] == ("unspecified",)


def test_each_stratum_is_pooled_by_itself() -> None:
    """Equal variances: the mean of −1 and −2, of −3 and −3.2; SE √(0.2/2) where there is no heterogeneity."""
    result = analyse(*of_type("T1D", 7.0, 6.0), *of_type("T2D", 5.0, 4.8))
    first, second = (stratum.pooled for stratum in result.strata)
    assert first.estimate == pytest.approx(-1.5, abs=EXACT)
    assert second.estimate == pytest.approx(-3.1, abs=EXACT)
    assert second.se == pytest.approx(0.1**0.5, abs=EXACT)
    assert [row.study_id for row in result.rows_of(result.strata[1])] == ["t2d-umbi-0", "t2d-umbi-1"]


def test_types_are_not_pooled_together_unless_the_plan_says_why() -> None:
    studies = (*of_type("T1D", 7.0), *of_type("T2D", 6.0))
    apart = analyse(*studies)
    assert apart.overall is None
    assert apart.overall_note == "The plan does not pool across types of diabetes (T1D, T2D)."
    together = analyse(*studies, across_types={"pool": True, "because": "for comparison"})
    assert together.overall is not None
    assert (together.overall.label, together.overall.pooled.k) == ("All types", 2)
    assert together.overall_note == "Pools T1D, T2D together. The plan's reason: for comparison"
    assert together.pools == (*together.strata, together.overall)
    with pytest.raises(ValidationError, match="needs `because`"):
        plan(across_types={"pool": True})


def test_one_type_is_its_own_overall() -> None:
    result = analyse(*of_type("T1D", 7.0, 6.0), across_types={"pool": True, "because": "for comparison"})
    assert result.overall is None
    assert result.overall_note == "All rows are in one stratum (T1D): its pool is the overall one."
    assert result.differences == ()


def test_difference_between_types() -> None:
    """−1.5 and −3.1; the first pair has Q = 0.5²/0.1 = 2.5, tau2 = 0.3; variances 0.25 and 0.1.

    Q between = (3.1 − 1.5)²/(0.25 + 0.1).
    """
    result = analyse(*of_type("T1D", 7.0, 6.0), *of_type("T2D", 5.0, 4.8))
    (difference,) = result.differences
    assert difference.between == ("T1D", "T2D")
    assert difference.statistic == pytest.approx(1.6**2 / 0.35, rel=1e-9)
    assert difference.df == 1
    assert difference.method == "Q between strata of diabetes type, separate tau2"
    assert difference.note.startswith("Few studies in: T1D (k = 2), T2D (k = 2).")


def test_second_level() -> None:
    result = analyse(
        *of_type("T2D", 7.0, source="placenta"),
        *of_type("T1D", 7.0, 6.5, source="bone-marrow"),
        *of_type("T1D", 6.0, source="adipose"),
        strata=["diabetes_type", "msc_source"],
    )
    assert [stratum.label for stratum in result.strata] == [
        "T1D",
        "T1D · adipose",
        "T1D · bone-marrow",
        "T2D",
        "T2D · placenta",
    ]
    assert [stratum.pooled.k for stratum in result.strata] == [3, 1, 2, 1, 1]
    assert [difference.method for difference in result.differences] == [
        "Q between strata of diabetes type, separate tau2",
        "Q between strata of msc source within T1D, separate tau2",
    ]


def test_a_moderator_that_is_not_reported_has_a_name() -> None:
    result = analyse(*of_type("T1D", 7.0), strata=["diabetes_type", "country"])
    assert [stratum.label for stratum in result.strata] == ["T1D", "T1D · not reported"]


@pytest.mark.parametrize(
    ("strata", "message"),
    [
        (["msc_source"], "the first of `strata` is diabetes_type; got 'msc_source'"),
        (["diabetes_type", "colour"], "'colour' is no moderator; there are diabetes_type, complication"),
        ([], "at least 1"),
        (["diabetes_type", "msc_source", "donor"], "at most 2"),
    ],
)
def test_strata_that_there_are_not(strata: list[str], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        plan(strata=strata)


def test_arms_of_one_study_are_not_called_studies() -> None:
    result_of_arms = means()
    result_of_arms["arms"] = {name: {"mean": 7.0, "sd": 1.0, "n": 10} for name in ("low", "high", "control")}
    arms = [treated("low"), treated("high"), CONTROL]
    result = analyse(
        study("a", result_of_arms, arms=arms), select={"outcome": "hba1c", "multi_arm": "split-control"}
    )
    note = "The 2 rows are arms of one study with one control group, not independent studies."
    assert result.strata[0].note == note
    assert f"T1D: {note}" in result.warnings


def test_what_the_model_says_is_a_warning_with_its_stratum() -> None:
    result = analyse(*of_type("T1D", 7.0), *of_type("T2D", 7.0, 6.0), notes=["The plan's own note."])
    assert result.warnings[0] == "The plan's own note."
    assert any(warning.startswith("T1D: k = 1: nothing was pooled") for warning in result.warnings)
    assert any(warning.startswith("T2D: k = 2: heterogeneity cannot") for warning in result.warnings)
    assert len(set(result.warnings)) == len(result.warnings)


def test_a_study_left_out_that_there_is_not() -> None:
    select = {"outcome": "hba1c", "exclude": [{"study": "t1d-umbl-0", "reason": "a slip of the pen"}]}
    result = analyse(*of_type("T1D", 7.0), select=select)
    assert "The plan leaves out 't1d-umbl-0', and no record has that id." in result.warnings


def test_pools_are_those_of_the_kernel() -> None:
    model = {"tau2_method": "REML", "ci_method": "hksj", "pi_method": "riley", "level": 0.9}
    result = analyse(*of_type("T1D", 7.0, 6.0, 7.8, 5.0), model=model)
    assert result.strata[0].pooled == pool(
        result.table.yi,
        result.table.vi,
        measure="MD",
        tau2_method="REML",
        ci_method="hksj",
        pi_method="riley",
        level=0.9,
    )


@pytest.mark.parametrize(
    ("treatment", "label"), [({}, "MSC"), ({"msc": "any"}, "cells"), ({"msc": "none"}, "cells")]
)
def test_what_the_treated_arm_is_called(treatment: dict[str, str], label: str) -> None:
    result = analyse(*of_type("T1D", 7.0), select={"outcome": "hba1c", "treatment": treatment})
    assert result.scale.treatment_label == label


def test_minimal_important_difference() -> None:
    one = of_type("T1D", 7.0)
    assert analyse(*one).scale.mid == 0.5
    in_mmol = analyse(*one, select={"outcome": "hba1c", "unit": "mmol/mol"})
    assert in_mmol.scale.mid == pytest.approx(0.5 * 10.93, abs=EXACT)
    own = analyse(*one, mid={"value": 0.3, "source": "an invented panel"})
    assert (own.scale.mid, own.scale.mid_source) == (0.3, "an invented panel")
    standardised = analyse(*one, select={"outcome": "hba1c", "measure": "SMD"})
    assert (standardised.scale.mid, standardised.scale.unit) == (None, "")
    assert standardised.scale.mid_source == "the catalogue's is for MD, the analysis pools SMD"
