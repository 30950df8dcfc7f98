"""What a branch does to the evidence, on real git repositories: changes, faults and hostile branches."""

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from metamsc.cli import main
from metamsc.errors import OptionError
from metamsc.models.pool import pool
from metamsc.plots.save import figure_bytes
from metamsc.review.git import RevisionError
from metamsc.review.impact import Impact, measure_impact
from metamsc.review.impact_dict import impact_dict
from metamsc.review.impact_plot import draw_change
from metamsc.review.impact_text import LONGEST_REPORT, MARKER, TRIVIAL, impact_markdown
from metamsc.review.repository import Repository
from metamsc.review.shown import shown
from tests.review.conftest import AFTER_12_MONTHS, Work

CLOSED_FORM = 1e-8

"""The treated arm of HbA1c at 12 months in cai-2016."""


def _measured(work: Work, base: str = "main", head: str = "HEAD", **options: str) -> Impact:
    return measure_impact(base, head, repository=work.folder, **options)


def _branch(work: Work, name: str = "branch") -> None:
    work.git("switch", "-q", "-c", name)


def test_a_changed_number_is_followed_to_the_pooled_result(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 8.9, sd: 1.0}")
    work.commit()
    found = _measured(work)
    (record,) = found.records
    assert (record.study_id, record.kind) == ("cai-2016", "changed")
    (field,) = record.fields
    assert (field.old, field.new) == (7.5, 8.9)
    assert field.source.startswith("abstract (")  # the key, and the place in the text
    assert field.path == "results[hba1c 12 months].arms.msc.mean"
    (change,) = found.analyses
    assert change.name == "hba1c"
    assert change.rows_changed == ("Cai 2016",)
    strata = {item.label: item for item in change.strata}
    # Type 1: Cai 8.9 - 8.8 = 0.1 with variance 1/21 + 0.81/21 beside the other trial of the repository.
    before, after = strata["T1D"].before, strata["T1D"].after
    assert before is not None
    assert after is not None
    assert before.k == after.k
    assert after.estimate > before.estimate
    assert strata["T2D"].before == strata["T2D"].after
    text = impact_markdown(found)
    assert text.startswith(MARKER)
    assert "| 7.5 | 8.9 | abstract (" in text


def test_crossing_no_effect_is_said(work: Work) -> None:
    for name in ("dantas-12-months", "thakkar-2015"):
        work.record(name).unlink()
    work.commit("one study of type 1")
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 8.9, sd: 1.0}")
    work.commit()
    change = _measured(work).analyses[0]
    (item,) = (item for item in change.strata if item.label == "T1D")
    assert item.before is not None
    assert item.after is not None
    assert item.before.estimate == pytest.approx(-1.3, rel=CLOSED_FORM)
    assert item.after.estimate == pytest.approx(0.1, rel=CLOSED_FORM)
    alone = pool([0.1], [1 / 21 + 0.81 / 21])
    assert item.after.ci.low == pytest.approx(alone.ci.low, rel=CLOSED_FORM)
    assert item.crossed == (
        "the estimate changes its direction",
        "the interval no longer excludes no effect",
        "the estimate no longer reaches the minimal important difference",
    )


def test_added_and_removed_records(work: Work) -> None:
    _branch(work)
    work.record("zang-2022").unlink()
    work.commit()
    found = _measured(work)
    assert [(record.study_id, record.kind) for record in found.records] == [("zang-2022", "removed")]
    assert found.analyses[0].rows_out == ("Zang 2022",)
    back = _measured(work, "HEAD", "main")
    # The base is where both parted: seen from there `main` adds nothing.
    assert back.records == ()
    assert back.analyses == ()


def test_a_file_renamed_with_its_id(work: Work) -> None:
    _branch(work)
    work.git("mv", str(work.record("cai-2016")), str(work.record("cai-2016-bmmnc")))
    work.edit("cai-2016-bmmnc", "id: cai-2016", "id: cai-2016-bmmnc")
    work.commit()
    (record,) = _measured(work).records
    assert (record.study_id, record.kind, record.before) == ("cai-2016-bmmnc", "renamed", "cai-2016")


def test_what_happened_on_the_base_meanwhile_is_not_blamed_on_the_branch(work: Work) -> None:
    _branch(work)
    work.edit("zang-2022", "label: ", "label: The ")
    work.commit()
    work.git("switch", "-q", "main")
    work.record("cai-2016").unlink()
    work.commit()
    found = _measured(work, "main", "branch")
    assert [record.study_id for record in found.records] == ["zang-2022"]


def test_nothing_changed(work: Work) -> None:
    found = _measured(work)
    assert (found.records, found.analyses, found.new_problems) == ((), (), ())
    assert found.unaffected == ("HbA1c after MSC therapy",)
    text = impact_markdown(found)
    assert "No record differs." in text
    assert "**No pooled result moves.** No record differs." in text


def test_a_record_that_no_longer_parses_is_a_problem_with_its_place(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", "results:", "results: [")
    work.commit()
    found = _measured(work)
    assert found.has_errors
    assert {problem.file for problem in found.new_problems} == {"data/extractions/clinical/cai-2016.yml"}
    assert [(record.study_id, record.kind) for record in found.records] == [("cai-2016", "unreadable")]
    assert found.analyses[0].rows_out == ("Cai 2016",)
    assert "❌ **Not ready: 1 file has errors.**" in impact_markdown(found)
    work.edit("cai-2016", "results: [", "results:")
    work.git("switch", "-q", "-c", "mended")
    work.commit()
    (record,) = _measured(work, "branch", "mended").records
    assert record.kind == "readable again"


def test_a_record_with_an_error_of_meaning_is_not_pooled(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 400, mean: 7.5, sd: 1.0}")
    work.commit()
    found = _measured(work)
    assert found.has_errors
    assert found.analyses[0].rows_out == ("Cai 2016",)


def test_plans_are_those_of_the_base_unless_asked(work: Work) -> None:
    _branch(work)
    plan = work.folder / "analyses/hba1c/analysis.yml"
    plan.write_text(plan.read_text().replace("outcome: hba1c", "outcome: nothing"), encoding="utf-8")
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    assert _measured(work).analyses[0].rows_changed == ("Cai 2016",)
    found = _measured(work, plans="head")
    assert found.analyses == ()
    assert any(problem.code == "F306" for problem in found.new_problems)
    with pytest.raises(OptionError, match="'base', 'head'"):
        _measured(work, plans="both")


def test_a_shallow_clone_says_what_is_missing(work: Work, tmp_path: Path) -> None:
    first = work.git("rev-parse", "HEAD")
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    shallow = Work(tmp_path / "shallow")
    Work(tmp_path).git("clone", "-q", "--depth", "1", work.folder.as_uri(), str(shallow.folder))
    with pytest.raises(RevisionError, match="unshallow"):
        _measured(shallow, first)
    assert _measured(shallow, "HEAD").records == ()


def test_broken_and_missing_objects_end_in_one_message(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    blob = work.git("rev-parse", "HEAD:data/extractions/clinical/cai-2016.yml")
    file = work.folder / ".git/objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"not an object")
    _said_to_be_broken(work)
    file.unlink()
    _said_to_be_broken(work)
    tree = work.git("rev-parse", "HEAD^{tree}")
    (work.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(RevisionError):
        _measured(work)


def _said_to_be_broken(work: Work) -> None:
    """Versions of git differ in when they notice: at the list of files, or at the content."""
    try:
        found = _measured(work)
    except RevisionError:
        return
    assert found.has_errors
    assert any("missing or broken" in problem.message for problem in found.new_problems)


def test_links_submodules_and_odd_names_are_listed_and_not_followed(work: Work) -> None:
    _branch(work)
    secret = work.folder.parent / "secret.yml"
    shutil.copy(work.record("cai-2016"), secret)
    work.record("secret").symlink_to(secret)
    work.record("odd\u202ename").write_text("schema: 1\n", encoding="utf-8")
    work.record("large").write_bytes(b"#" * 1_100_000)
    work.commit()
    found = _measured(work)
    said = {problem.file.rsplit("/", 1)[-1]: problem.message for problem in found.new_problems}
    assert said["secret.yml"] == "not read: a link or submodule, not a file"
    assert "larger than" in said["large.yml"]
    assert any("cannot be shown" in message for message in said.values())
    assert all(name.isprintable() for name in said)
    assert found.records == ()


def test_revisions_cannot_be_options(work: Work) -> None:
    for revision in ("--upload-pack=touch x", "-h", "", "a\nb", "no-such-branch"):
        with pytest.raises(RevisionError):
            _measured(work, revision)


def test_nothing_of_a_branch_is_run(work: Work, tmp_path: Path) -> None:
    _branch(work)
    trap = tmp_path / "sprung"
    (work.folder / ".gitattributes").write_text("*.yml filter=trap diff=trap\n")
    for key in (
        "filter.trap.smudge",
        "filter.trap.clean",
        "diff.trap.textconv",
        "core.fsmonitor",
        "core.pager",
    ):
        work.git("config", key, f"touch {trap}; cat")
    hook = work.folder / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    (work.folder / "metamsc").mkdir()
    (work.folder / "metamsc/__init__.py").write_text(f"open({str(trap)!r}, 'w')\n")
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.git("-c", "filter.trap.clean=cat", "add", "-A")
    work.git("-c", "filter.trap.clean=cat", "-c", "core.fsmonitor=false", "commit", "-q", "-m", "trap")
    trap.unlink(missing_ok=True)
    before = sorted(path for path in work.folder.rglob("*") if ".git/" not in str(path))
    found = _measured(work)
    assert found.analyses[0].rows_changed == ("Cai 2016",)
    assert not trap.exists()
    assert sorted(path for path in work.folder.rglob("*") if ".git/" not in str(path)) == before


def test_a_strangers_text_is_shown_as_it_is() -> None:
    hostile = (
        "<img src=x onerror=alert(1)> | [x](javascript:alert(1)) @everyone #1 https://evil.example `a`\n# H"
    )
    text = shown(hostile)
    assert "\n" not in text
    assert "<" not in text
    assert "@\u200beveryone" in text
    assert "://" not in text
    assert "\\|" in text
    assert "\\[x\\]" in text
    assert len(shown("x" * 10_000)) <= 120


def test_hostile_labels_stay_text_in_the_report(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", "label: Cai 2016", 'label: "</summary><script>alert(1)</script> | @team"')
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    text = impact_markdown(_measured(work))
    assert "<script" not in text
    assert text.count("</summary>") == text.count("<summary>")
    assert "@team" not in text


def test_five_hundred_changed_records_end_in_a_bounded_report(work: Work) -> None:
    _branch(work)
    text = work.record("cai-2016").read_text(encoding="utf-8")
    for number in range(500):
        name = f"invented-{number}"
        made = text.replace("id: cai-2016", f"id: {name}", 1).replace(
            "label: Cai 2016", f"label: Invented {number}", 1
        )
        work.record(name).write_text(made, encoding="utf-8")
    work.commit()
    found = _measured(work)
    assert sum(record.kind == "added" for record in found.records) == 500
    report = impact_markdown(found)
    assert len(report) <= LONGEST_REPORT
    assert "more records" in report


def test_command_line(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    monkeypatch.chdir(work.folder)
    done = CliRunner().invoke(main, ["impact", "main", "--figures", str(tmp_path / "figures")])
    assert done.exit_code == 0, done.output
    assert "Cai 2016" in done.stdout
    assert (tmp_path / "figures/impact-hba1c.svg").stat().st_size > 0
    done = CliRunner().invoke(main, ["impact", "main", "HEAD", "--json"])
    data = json.loads(done.stdout)
    assert data["analyses"][0]["strata"][0]["before"]["k"] >= 1
    work.edit("cai-2016", "results:", "results: [")
    work.commit()
    done = CliRunner().invoke(main, ["impact", "main"])
    assert done.exit_code == 1
    assert "New problems" in done.stdout
    done = CliRunner().invoke(main, ["impact", "nowhere"])
    assert done.exit_code == 1
    assert "Error: there is no revision 'nowhere' here." in done.stderr
    assert done.stdout.startswith(f"{MARKER}\n\n## What this change does")
    assert "❌ **It could not be compared:** there is no revision 'nowhere' here." in done.stdout
    assert CliRunner().invoke(main, ["impact", "nowhere", "--json"]).stdout == ""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))
    done = CliRunner().invoke(main, ["impact", "main"])
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_the_plot_shows_both_sides(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    change = _measured(work).analyses[0]
    axes = draw_change(change)
    drawn = {line.get_gid(): np.asarray(line.get_xdata(), dtype=float)[0] for line in axes.lines}
    item = change.strata[0]
    assert item.before is not None
    assert item.after is not None
    # the study first: 7.5 - 8.8 and 7.6 - 8.8; then the pools, one that did not move drawn once
    assert drawn["before:0"] == pytest.approx(-1.3, rel=CLOSED_FORM)
    assert drawn["after:1"] == pytest.approx(-1.2, rel=CLOSED_FORM)
    assert math.isclose(drawn["before:2"], item.before.estimate)
    assert math.isclose(drawn["after:3"], item.after.estimate)
    assert "same:4" in drawn
    words = [text.get_text() for text in axes.texts]
    assert words.count("Cai 2016") == words.count("Type 1 diabetes") == 1
    figure = axes.get_figure(root=True)
    assert figure is not None
    assert figure_bytes(figure, "svg")


def test_the_dict_is_plain_json(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    data = impact_dict(_measured(work))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RevisionError):
        Repository.around(tmp_path / "not there")


def test_grade_inputs_and_verdicts_that_change_are_named(work: Work) -> None:
    """Without Zang type 2 has one study: Skyler, −0.79 to 0.19, wholly on one side of +0.5."""
    work.plan(checks=True)
    work.commit("the whole plan")
    _branch(work)
    work.record("zang-2022").unlink()
    work.commit()
    found = _measured(work)
    (change,) = found.analyses
    inside = "Type 2 diabetes, imprecision, inside the interval: "
    before, after = "important benefit, no effect, important harm", "important benefit, no effect"
    assert f"{inside}{before} → {after}" in change.grade
    assert "Type 2 diabetes, leave one out: changes the conclusion → not done" in change.verdicts
    assert "GRADE inputs that changed" in impact_markdown(found)
    assert impact_dict(found)["analyses"][0]["grade"] == list(change.grade)


def test_a_step_that_hardly_moves_anything_is_called_trivial(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.51, sd: 1.0}")
    work.commit()
    found = _measured(work)
    (change,) = found.analyses
    assert change.rows_changed == ("Cai 2016",)
    assert all(item.trivial and not item.crossed for item in change.strata)
    assert TRIVIAL in impact_markdown(found)
