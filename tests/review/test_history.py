"""The review over time: by year, by commit, and which steps matter."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from metamsc.analysis.crossed import TRIVIAL_SHARE, Numbers, crossed, is_trivial, numbers_from, numbers_of
from metamsc.analysis.history import history_by_year
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.cli import main
from metamsc.models.pool import pool
from metamsc.records.studies import Studies
from metamsc.review.commits import history_by_commit
from metamsc.review.repository import Repository
from metamsc.tables.history import history_table
from tests.review.conftest import Work

ROOT = Path(__file__).parents[2]
BY_HAND = 1e-3
"""Arithmetic by hand, with four digits."""
SAME = 1e-12
"""The same rows through the same kernel."""


def numbers(estimate: float, half: float, k: int = 3) -> Numbers:
    return Numbers(
        k=k, estimate=estimate, ci_low=estimate - half, ci_high=estimate + half, tau2=0.0, I2=0.0,
        pi_low=None, pi_high=None,
    )  # fmt: skip


def test_each_year_holds_what_was_published_by_then(records: Studies, hba1c: AnalysisSpec) -> None:
    history = history_by_year(hba1c, records)
    came = {moment.when: moment.rows_in for moment in history.moments}
    assert came == {
        "2015": ("Skyler 2015",),
        "2016": ("Cai 2016",),
        "2020": ("Dantas 2020 (6 months)",),
        "2022": ("Zang 2022",),
        "today": ("Dantas (12 months)",),
    }
    # the later report of the same cohort takes the place of the earlier one
    assert history.moments[-1].rows_out == ("Dantas 2020 (6 months)",)
    assert history.notes == ("No year of publication, counted last: Dantas (12 months).",)


def test_the_last_moment_is_the_result_of_today(records: Studies, hba1c: AnalysisSpec) -> None:
    last = {step.stratum: step.numbers for step in history_by_year(hba1c, records).moments[-1].steps}
    today = {stratum.label: numbers_of(stratum.pooled) for stratum in run(hba1c, records).pools}
    assert last == today


def test_a_moment_is_the_pool_of_its_rows_alone(records: Studies, hba1c: AnalysisSpec) -> None:
    """2022, type 2: Skyler −0.3 (SE 0.25) and Zang; pooled here from the rows themselves."""
    moment = history_by_year(hba1c, records).as_of("2022")
    assert moment is not None
    step = next(step for step in moment.steps if step.stratum == "T2D")
    assert step.numbers is not None
    rows = [row for row in run(hba1c, records).table.rows if row.diabetes_type == "T2D"]
    alone = pool([row.yi for row in rows], [row.vi for row in rows])
    assert step.numbers.estimate == pytest.approx(alone.estimate, rel=SAME)
    assert step.numbers.ci_low == pytest.approx(alone.ci.low, rel=SAME)
    assert step.crossed == (
        "from one study to a pooled result", "the estimate reaches the minimal important difference",
    )  # fmt: skip


def test_two_studies_of_2016_by_hand(records: Studies, hba1c: AnalysisSpec) -> None:
    """All types in 2016: −1.30 (v 0.0862) and −0.30 (v 0.0625), pooled by REML and Hartung–Knapp.

    With k = 2, REML and the moment estimator agree: tau2 = d²/2 − mean v = 0.5 − 0.07435 = 0.4257. Weights
    1/0.5119 and 1/0.4882 give −3.1542/4.0019 = −0.788; q = 1.953 × 0.512² + 2.048 × 0.488² = 1.000, so the
    standard error is 1/√4.0019 = 0.4999, and 12.706 of it reach from −7.14 to 5.56.
    """
    moment = history_by_year(hba1c, records).as_of("2019")
    assert moment is not None
    assert (moment.when, moment.rows) == ("2016", ("Skyler 2015", "Cai 2016"))
    found = next(step.numbers for step in moment.steps if step.stratum == "All types")
    assert found is not None
    assert found.tau2 == pytest.approx(0.4257, abs=BY_HAND)
    assert found.estimate == pytest.approx(-0.788, abs=BY_HAND)
    assert (found.ci_low, found.ci_high) == pytest.approx((-7.140, 5.564), abs=10 * BY_HAND)


def test_pools_stand_in_the_order_of_the_plan(records: Studies, hba1c: AnalysisSpec) -> None:
    for moment in history_by_year(hba1c, records).moments[1:]:
        assert [step.stratum for step in moment.steps] == ["T1D", "T2D", "All types"]


def test_from_then_to_now(records: Studies, hba1c: AnalysisSpec) -> None:
    history = history_by_year(hba1c, records)
    moment = history.as_of("2019")
    assert moment is not None
    steps = {step.stratum: step for step in history.since(moment)}
    assert "the interval no longer excludes no effect" in steps["T1D"].crossed
    assert all(step.same for step in history.since(history.moments[-1]))


def test_a_first_study_is_no_pool() -> None:
    assert list(crossed(None, numbers(0.1, 0.4, k=1), null=0.0, mid=None)) == ["the first study"]


def test_a_commit_that_says_the_same_in_other_words_is_no_moment(work: Work, hba1c: AnalysisSpec) -> None:
    work.edit("cai-2016", "label: Cai 2016", "label: Cai et al. 2016")
    work.edit("cai-2016", "mean: 7.5, sd: 1.0", "mean: 7.50, sd: 1.0")
    work.commit("words")
    history = history_by_commit(hba1c, Repository.around(work.folder))
    assert len(history.moments) == 1


def test_as_of(records: Studies, hba1c: AnalysisSpec) -> None:
    history = history_by_year(hba1c, records)
    found = {year: history.as_of(year) for year in ("2014", "2015", "2019", "2030")}
    assert found["2014"] is None
    assert [found[year].when for year in ("2015", "2019", "2030")] == ["2015", "2016", "2022"]  # type: ignore[union-attr]


def test_no_records_is_an_empty_history(hba1c: AnalysisSpec) -> None:
    history = history_by_year(hba1c, Studies())
    assert history.moments == ()
    assert "Nothing could be pooled at any time." in history_table(history).to_markdown()


def test_by_commit_follows_the_records(work: Work, hba1c: AnalysisSpec) -> None:
    first = work.git("rev-parse", "HEAD")
    work.edit("cai-2016", "msc: {n: 21, mean: 7.5, sd: 1.0}", "msc: {n: 21, mean: 8.9, sd: 1.0}")
    second = work.commit("a number\nand a body")
    (work.folder / "README").write_text("not a record", encoding="utf-8")
    work.commit("not about records")
    work.record("skyler-2015").unlink()
    third = work.commit("\x1b[31mremoved\u202e")
    history = history_by_commit(hba1c, Repository.around(work.folder))
    assert [moment.what.split()[0] for moment in history.moments] == [c[:10] for c in (first, second, third)]
    changed, removed = history.moments[1:]
    assert (changed.rows_in, changed.rows_out) == ((), ())
    assert removed.rows_out == ("Skyler 2015",)
    assert all(letter.isprintable() for letter in removed.what)
    t1d = [next(s.numbers for s in m.steps if s.stratum == "T1D") for m in history.moments]
    assert t1d[0] is not None
    assert t1d[1] is not None
    assert t1d[1].estimate > t1d[0].estimate
    assert t1d[1] == t1d[2]
    assert (changed.rows_changed, removed.rows_changed) == (("Cai 2016",), ())
    newest = history_by_commit(hba1c, Repository.around(work.folder), most=1)
    assert [moment.what.split()[0] for moment in newest.moments] == [third[:10]]
    assert newest.notes == ("2 older commits are left out.",)


def test_lines_are_named_once_each_way() -> None:
    null, mid = 0.0, 0.5
    one, other = numbers(-0.6, 0.2), numbers(0.1, 0.4)
    there = set(crossed(one, other, null=null, mid=mid))
    assert there == {
        "the estimate changes its direction",
        "the interval no longer excludes no effect",
        "the estimate no longer reaches the minimal important difference",
    }
    assert len(list(crossed(other, one, null=null, mid=mid))) == len(there)
    assert list(crossed(None, one, null=null, mid=mid)) == ["pooled for the first time"]
    assert list(crossed(one, None, null=null, mid=mid)) == ["nothing is left to pool"]
    assert list(crossed(None, None, null=null, mid=mid)) == []


@pytest.mark.parametrize(
    ("after", "mid", "trivial"),
    [
        (numbers(-1.00, 0.50), None, True),
        (numbers(-1.05, 0.50), None, True),  # a tenth of the half-width
        (numbers(-1.06, 0.50), None, False),
        (numbers(-1.00, 0.55), None, True),
        (numbers(-1.00, 0.56), None, False),
        (numbers(-1.05, 0.50), 0.4, False),  # more than a tenth of the important difference
        (numbers(-1.00, 1.01), None, False),  # includes no effect now
        (numbers(-1.00, 0.50, k=1), None, False),
        (None, None, False),
    ],
)
def test_the_rule_for_a_trivial_step(after: Numbers | None, mid: float | None, trivial: bool) -> None:
    assert is_trivial(numbers(-1.0, 0.5), after, null=0.0, mid=mid) is trivial


@given(
    st.floats(-5, 5), st.floats(0.01, 3), st.floats(-5, 5), st.floats(0.01, 3), st.floats(-3, 3),
    st.floats(0.1, 10),
)  # fmt: skip
def test_a_step_does_not_depend_on_unit_or_zero(
    a: float, wa: float, b: float, wb: float, shift: float, scale: float
) -> None:
    def moved(estimate: float, half: float) -> Numbers:
        return numbers((estimate + shift) * scale, half * scale)

    # away from the threshold itself, where a rounding decides
    if abs(abs(a - b) - TRIVIAL_SHARE * wa) < 1e-6 or abs(abs(wb - wa) - TRIVIAL_SHARE * wa) < 1e-6:
        return
    if min(abs(a), abs(b), *(abs(x + s * w) for x, w in ((a, wa), (b, wb)) for s in (-1, 1))) < 1e-6:
        return
    here = is_trivial(numbers(a, wa), numbers(b, wb), null=0.0, mid=None)
    assert is_trivial(moved(a, wa), moved(b, wb), null=shift * scale, mid=None) is here
    assert is_trivial(numbers(a, wa), numbers(a, wa), null=0.0, mid=None)


def test_numbers_of_a_result_and_of_its_file_are_the_same(records: Studies, hba1c: AnalysisSpec) -> None:
    for stratum in run(hba1c.model_copy(update={"sensitivity": ()}), records).pools:
        assert numbers_from(stratum.pooled.to_dict()) == numbers_of(stratum.pooled)
        assert math.isfinite(stratum.pooled.estimate)


def test_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    call = CliRunner().invoke
    shown = call(main, ["history", "analyses/hba1c", "--as-of", "2019"])
    assert shown.exit_code == 0, shown.output
    assert "Known then: Skyler 2015 · Cai 2016." in shown.stdout
    assert "Come since: Zang 2022 · Dantas (12 months)." in shown.stdout
    # Cai: 7.5 − 8.8, variance 1/21 + 0.81/21, so −1.30 ± 1.96 × 0.2936; Skyler: −0.3 with SE 0.25
    assert "| Type 1 diabetes | 1 | −1.30 · −1.88 to −0.72 | 2 | −1.34 · −4.83 to 2.16 |" in shown.stdout
    assert "| Type 2 diabetes | 1 | −0.30 · −0.79 to 0.19 | 2 | −0.50 · −2.84 to 1.83 |" in shown.stdout
    assert call(main, ["history", "analyses/hba1c", "--as-of", "soon"]).exit_code == 2
    assert "nothing to pool" in call(main, ["history", "analyses/hba1c", "--as-of", "2001"]).stdout
    as_json = json.loads(call(main, ["history", "analyses/hba1c", "--json"]).stdout)
    assert [moment["when"] for moment in as_json[0]["moments"]] == ["2015", "2016", "2020", "2022", "today"]
