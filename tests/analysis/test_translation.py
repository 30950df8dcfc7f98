"""Animals and people on one scale: signs, measures, and that nothing is pooled over settings."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.run import run
from metamsc.analysis.translation import ODDS_TO_SMD, THEMES, TranslationRow, theme_of, translate
from metamsc.checks.read import read_records
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.studies import Studies

CLOSED_FORM = 1e-8
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="module")
def rows(records: Studies) -> tuple[TranslationRow, ...]:
    return translate([read_spec(path) for path in find_specs(ROOT / "analyses")], records)


def of(rows: tuple[TranslationRow, ...], analysis: str) -> TranslationRow:
    (row,) = [row for row in rows if row.analysis == analysis]
    return row


def test_an_analysis_in_smd_stays_itself(rows: tuple[TranslationRow, ...], records: Studies) -> None:
    own = run(read_spec(ROOT / "analyses" / "c-peptide"), records).strata[0].pooled
    row = of(rows, "c-peptide")
    # more C-peptide is better: the sign stays
    assert row.estimate == pytest.approx(own.estimate, rel=CLOSED_FORM)
    assert row.k == own.k


def test_lower_is_better_turns_the_sign_and_the_interval(
    rows: tuple[TranslationRow, ...], records: Studies
) -> None:
    own = run(read_spec(ROOT / "analyses" / "hba1c").with_flags(measure="SMD"), records).overall
    row = of(rows, "hba1c")
    assert own is not None
    assert row.estimate == pytest.approx(-own.pooled.estimate, rel=CLOSED_FORM)
    assert row.ci is not None
    assert (row.ci.low, row.ci.high) == pytest.approx(
        (-own.pooled.ci.high, -own.pooled.ci.low), rel=CLOSED_FORM
    )
    assert row.note == "no SMD: Skyler 2015"  # a printed contrast has no SD


def test_counts_come_as_odds_ratios(rows: tuple[TranslationRow, ...], records: Studies) -> None:
    own = (
        run(read_spec(ROOT / "analyses" / "foot-ulcer-healing").with_flags(measure="OR"), records)
        .strata[0]
        .pooled
    )
    row = of(rows, "foot-ulcer-healing")
    assert row.measure == "OR"
    assert math.isclose(ODDS_TO_SMD, 0.5513288954217921)  # √3/π, Chinn 2000
    assert row.estimate == pytest.approx(own.estimate * math.sqrt(3.0) / math.pi, rel=CLOSED_FORM)


def test_what_has_no_smd_says_so(rows: tuple[TranslationRow, ...]) -> None:
    row = of(rows, "animal-glucose")
    assert (row.k, row.estimate, row.note) == (0, None, "no SMD: Lee 2006")


def test_settings_are_never_pooled_together(rows: tuple[TranslationRow, ...]) -> None:
    assert {row.setting for row in rows} == {"clinical", "preclinical"}
    order = list(THEMES)
    assert [order.index(row.theme) for row in rows] == sorted(order.index(row.theme) for row in rows)


def test_themes_name_outcomes_that_there_are_each_once() -> None:
    named = [key for members in THEMES.values() for key in members]
    assert sorted(set(named) - set(catalogue().outcomes)) == []
    assert len(named) == len(set(named))
    assert theme_of("body_weight") == "Other"
