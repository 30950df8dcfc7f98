"""Plans that a branch brings: told, run on request, and never more work than anybody would ask for."""

from pathlib import Path

import pytest

from metamsc.analysis.spec_sensitivity import MOST_ANALYSES, MOST_DECISIONS, MOST_OPTIONS
from metamsc.review import impact as impact_module
from metamsc.review import plan_limits
from metamsc.review.git import RevisionError
from metamsc.review.impact import Impact, measure_impact
from metamsc.review.impact_text import impact_markdown
from tests.review.conftest import PLAN, Work

CHOICE = "    - {{name: a{}, label: a, model: {{tau2_method: PM}}}}\n"
START = "\nsensitivity:\n  influence: false\n  small_study: false\n  missing: false\n"


def _measured(work: Work, plans: str = "head") -> Impact:
    return measure_impact("main", "HEAD", repository=work.folder, plans=plans)


def _sensitivity(work: Work, text: str, plan: str = PLAN) -> None:
    """Put a `sensitivity` key into the plan, in place of its notes."""
    file = work.folder / plan
    file.write_text(file.read_text(encoding="utf-8").split("notes:\n")[0] + text, encoding="utf-8")


def _another(work: Work, name: str) -> str:
    plan = f"analyses/{name}/analysis.yml"
    file = work.folder / plan
    file.parent.mkdir(parents=True)
    text = (work.folder / PLAN).read_text(encoding="utf-8")
    file.write_text(text.replace("name: hba1c", f"name: {name}"), encoding="utf-8")
    return plan


def _edit_plan(work: Work, old: str, new: str) -> None:
    file = work.folder / PLAN
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def branch(work: Work) -> Work:
    work.git("switch", "-q", "-c", "branch")
    return work


def test_a_plan_with_too_many_analyses_is_refused_at_its_line(branch: Work) -> None:
    choices = "".join(CHOICE.format(number) for number in range(MOST_ANALYSES + 1))
    _sensitivity(branch, f"{START}  choices: false\n  subsets: false\n  analyses:\n{choices}")
    branch.commit()
    found = _measured(branch)
    assert found.analyses == ()
    (problem,) = found.new_problems
    assert (problem.file, problem.code, problem.where) == (PLAN, "S208", "sensitivity.analyses")
    assert problem.message == "analyses has 201 entries; it must have at most 200"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "sensitivity:\n" + "".join(CHOICE.format(i)[2:] for i in range(MOST_ANALYSES + 1)),
            "sensitivity has 201 entries; it must have at most 200",
        ),
        (
            f"multiverse:\n  measure: [{', '.join(['SMD'] * (MOST_OPTIONS + 1))}]\n",
            "measure has 51 entries; it must have at most 50",
        ),
        (
            "multiverse:\n" + "".join(f"  a{i}: [MD, SMD]\n" for i in range(MOST_DECISIONS + 1)),
            "multiverse has too many entries; it must have at most 20",
        ),
    ],
    ids=["a list", "options", "decisions"],
)
def test_other_lists_of_a_plan_end_somewhere_too(branch: Work, text: str, message: str) -> None:
    _sensitivity(branch, text)
    branch.commit()
    assert [problem.message for problem in _measured(branch).new_problems] == [message]


def test_a_plan_that_asks_for_more_than_usual_is_told_and_not_run(branch: Work) -> None:
    _sensitivity(branch, f"{START}  choices: {{max_paths: 900000}}\n  subsets: {{number: 1000000}}\n")
    branch.commit()
    found = _measured(branch)
    (change,) = found.analyses
    assert change.failed == (
        "not run: `sensitivity.choices.max_paths` is 900,000, and at most 20,000 are run of a branch's plan; "
        "`sensitivity.subsets.number` is 1,000,000, and at most 20,000 are run of a branch's plan."
    )
    assert "❌ **1 analysis could not be run.**" in impact_markdown(found)


def test_the_same_plan_of_the_base_is_the_keepers_own(work: Work) -> None:
    _sensitivity(work, f"{START}  choices: {{max_paths: 30000}}\n  subsets: {{number: 30000}}\n")
    work.commit("a large plan")
    work.git("switch", "-q", "-c", "branch")
    work.record("zang-2022").unlink()
    work.commit()
    (change,) = _measured(work).analyses
    assert change.failed == ""
    assert change.rows_out == ("Zang 2022",)


def test_analyses_of_all_plans_of_a_branch_are_counted(branch: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_limits, "MOST_ANALYSES", 3)
    two = f"{START}  choices: false\n  subsets: false\n  analyses:\n{CHOICE.format(1)}{CHOICE.format(2)}"
    other = _another(branch, "sugar")
    for plan in (PLAN, other):
        _sensitivity(branch, two, plan)
    branch.commit()
    run, refused = _measured(branch).analyses
    assert (run.name, run.failed) == ("hba1c", "")
    assert (refused.name, refused.failed) == (
        "sugar",
        "not run: the branch's plans ask for more than 3 sensitivity analyses.",
    )


def test_a_branch_with_many_plans_has_the_first_of_them_run(
    branch: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_limits, "MOST_PLANS", 1)
    for name in ("sugar", "tea"):
        _another(branch, name)
    branch.commit()
    found = _measured(branch)
    said = {change.name: change.failed for change in found.analyses}
    assert said == {"sugar": "", "tea": "not run: more than 1 plans differ from those of the base."}
    assert found.unaffected == ("HbA1c after MSC therapy",)


def test_plans_too_large_to_read_are_refused_before_they_are_read(
    branch: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact_module, "MOST_PLAN_BYTES", 1000)
    for name in ("sugar", "tea"):
        _another(branch, name)
    branch.commit()
    for plans in ("base", "head"):
        with pytest.raises(
            RevisionError, match=r"2 plans in analyses differ at \w+, of .* at most 1,000 are"
        ):
            measure_impact("main", "HEAD", repository=branch.folder, plans=plans)


def test_a_plan_that_a_branch_changes_is_told_and_run_on_request(work: Work) -> None:
    work.git("switch", "-q", "-c", "branch")
    _edit_plan(work, "latest: 18 months", "latest: 11 months")
    work.commit()
    found = _measured(work, "base")
    assert found.analyses == ()
    (plan,) = found.plans
    assert [(f.path, f.old, f.new) for f in plan.fields] == [("select.time.latest", "18 months", "11 months")]
    assert "The numbers here are by the plans of the base" in impact_markdown(found)
    own = _measured(work)
    (change,) = own.analyses  # each side by its own plan: results at 12 months are out
    assert "Cai 2016" in change.rows_out
    assert "those after by the plans of the branch" in impact_markdown(own)


def test_a_plan_that_comes_or_goes_or_breaks(work: Work) -> None:
    work.git("switch", "-q", "-c", "branch")
    work.git("mv", "analyses/hba1c", "analyses/sugar")
    (work.folder / "analyses/sugar/analysis.yml").write_text(
        (work.folder / "analyses/sugar/analysis.yml").read_text().replace("name: hba1c", "name: sugar")
    )
    work.commit()
    found = _measured(work)
    assert [(plan.name, plan.kind) for plan in found.plans] == [("hba1c", "removed"), ("sugar", "added")]
    gone, come = found.analyses
    assert {text for item in gone.strata for text in item.crossed} == {"nothing is left to pool"}
    assert all(item.before is None and item.after is not None for item in come.strata)
    _edit_sugar = work.folder / "analyses/sugar/analysis.yml"
    _edit_sugar.write_text("name: [", encoding="utf-8")
    work.commit()
    broken = _measured(work)
    assert broken.has_errors
    assert {problem.file for problem in broken.new_problems} == {"analyses/sugar/analysis.yml"}


def test_a_plan_may_not_be_a_link(work: Work, tmp_path: Path) -> None:
    work.git("switch", "-q", "-c", "branch")
    (work.folder / PLAN).unlink()
    (work.folder / PLAN).symlink_to(tmp_path / "elsewhere.yml")
    work.commit()
    found = _measured(work)
    assert [(problem.code, problem.file) for problem in found.new_problems] == [("Y117", PLAN)]
    assert found.analyses == ()


def test_another_measure_is_not_set_beside_the_old_one(work: Work) -> None:
    work.git("switch", "-q", "-c", "branch")
    _edit_plan(work, "measure: MD\n", "measure: SMD\n")
    _edit_plan(work, '  unit: "%"\n', "")
    work.commit()
    (change,) = _measured(work).analyses
    assert change.strata == ()
    assert change.note.startswith("MD in % before, SMD after")


def test_a_repository_without_a_plan_says_so(work: Work) -> None:
    work.git("rm", "-q", "-r", "analyses")
    work.commit("no plan")
    work.git("switch", "-q", "-c", "branch")
    work.record("zang-2022").unlink()
    work.commit()
    found = _measured(work)
    assert "There is no plan in analyses that could be run: nothing was pooled." in found.notes
    assert "**No pooled result moves.** Records: 1 removed." in impact_markdown(found)
