"""What branches do that nobody expects, on real git repositories: names, links, plans, sizes, words."""

import re
from pathlib import Path

import pytest

from metamsc.review import git, repository
from metamsc.review.analysis_changes import AnalysisChange
from metamsc.review.git import RevisionError, run_git
from metamsc.review.impact import Impact, measure_impact
from metamsc.review.impact_text import LONGEST_REPORT, MARKER, impact_markdown
from metamsc.review.repository import Repository
from metamsc.review.shown import shown, summary_text
from tests.github.test_impact_comment import script
from tests.review.conftest import AFTER_12_MONTHS, FOLDER, Work


def _measured(work: Work, base: str = "main", head: str = "HEAD", **options: str) -> Impact:
    return measure_impact(base, head, repository=work.folder, **options)


def _branch(work: Work) -> None:
    work.git("switch", "-q", "-c", "branch")


def _commit_tree(work: Work, entries: list[tuple[str, bytes, str]]) -> None:
    """Make a commit whose folder of records has these entries: mode, name (any bytes), object."""
    body = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(object_id)
        for mode, name, object_id in sorted(entries, key=lambda entry: entry[1])
    )
    tree = _object(work, "tree", body)
    for name in (b"clinical", b"extractions", b"data"):
        tree = _object(work, "tree", b"40000 " + name + b"\0" + bytes.fromhex(tree))
    commit = work.git("commit-tree", tree, "-p", "main", "-m", "made by hand")
    work.git("update-ref", "refs/heads/branch", commit)


def _object(work: Work, kind: str, body: bytes) -> str:
    made = run_git(work.folder, "hash-object", "-t", kind, "-w", "--stdin", "--literally", given=body)
    return made.decode("ascii").strip()


def test_every_file_that_check_reads_is_read_and_no_other(work: Work) -> None:
    """`check` takes .yml and .yaml, and leaves out names that begin with a dot."""
    _branch(work)
    text = work.record("cai-2016").read_text(encoding="utf-8").replace("label: Cai 2016", "label: Twin 2016")
    for name in ("twin-2016.yaml", ".hidden-2016.yml"):
        made = text.replace("id: cai-2016", f"id: {name.split('.y')[0].strip('.')}")
        (work.folder / FOLDER / name).write_text(made, encoding="utf-8")
    work.commit()
    (record,) = _measured(work).records
    assert (record.study_id, record.kind, record.file) == ("twin-2016", "added", f"{FOLDER}/twin-2016.yaml")
    assert record.about.startswith("RCT parallel; type 1 diabetes; 42 participants; HbA1c")


def test_a_link_or_submodule_in_place_of_the_folder_is_told(work: Work, tmp_path: Path) -> None:
    folder = work.folder / FOLDER
    _branch(work)
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    folder.symlink_to(moved)
    work.commit()
    found = _measured(work)
    assert [(problem.code, problem.file) for problem in found.new_problems] == [("Y117", FOLDER)]
    assert found.has_errors
    folder.unlink()
    work.git("add", "-A")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{FOLDER}")
    work.git("commit", "-q", "-m", "a submodule")
    assert [problem.code for problem in _measured(work).new_problems] == ["Y117"]
    work.git("rm", "-q", "--cached", FOLDER)
    (work.folder / "data/extractions").rmdir()
    (work.folder / "data/extractions").symlink_to(tmp_path)
    work.commit()
    (problem,) = _measured(work).new_problems
    assert (problem.file, problem.message) == (
        "data/extractions", "not read: a link, a submodule or a file, not a folder",
    )  # fmt: skip


def test_names_that_git_itself_would_refuse(work: Work) -> None:
    """A tree made by hand may hold any bytes: none leads out of the folder, none reaches the screen."""
    blob = work.git("rev-parse", f"main:{FOLDER}/cai-2016.yml")
    names = [
        b"../evil.yml",
        b"a\nb.yml",
        b"\x1b[31mred.yml",
        b"\xff\xfe.yml",
        b"-rf.yml",
        b"www.x.example.yml",
    ]
    _commit_tree(work, [("100644", name, blob) for name in names])
    found = _measured(work, "main", "branch")
    assert found.has_errors
    text = impact_markdown(found)
    assert all(c.isprintable() or c in "\n\u200b" for c in text)
    assert "www.x" not in text


def test_one_object_under_many_names_is_refused_before_it_is_read(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A megabyte of comment is a kilobyte in git; a thousand names of it would be a gigabyte here."""
    blob = _object(work, "blob", b"# nothing\n" * 90_000)
    _commit_tree(work, [("100644", f"f{number:04}.yml".encode(), blob) for number in range(1000)])
    with pytest.raises(RevisionError, match=r"900,000,000 bytes .*; at most 50,000,000 are read"):
        _measured(work, "main", "branch")
    monkeypatch.setattr(repository, "MAX_FILES", 999)
    with pytest.raises(RevisionError, match=r"holds 1,000 files .* at most 999"):
        _measured(work, "main", "branch")


def test_trees_within_trees_end(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight levels of ten names for the level below: a hundred million files in nine objects."""
    monkeypatch.setattr(git, "MAX_OUTPUT", 1_000_000)
    tree = _object(work, "tree", b"100644 a.yml\0" + bytes.fromhex(_object(work, "blob", b"schema: 1\n")))
    for _ in range(8):
        names = sorted(f"d{number}".encode() for number in range(10))
        tree = _object(work, "tree", b"".join(b"40000 " + n + b"\0" + bytes.fromhex(tree) for n in names))
    _commit_tree(work, [("40000", b"deep", tree)])
    with pytest.raises(RevisionError, match="prints more than 1,000,000 bytes"):
        _measured(work, "main", "branch")


def test_a_call_of_git_that_hangs_is_ended(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(git, "TIMEOUT", 0.2)
    with pytest.raises(RevisionError, match=r"took longer than 0\.2 s"):
        Repository.around(work.folder)
    fake.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match="git is not installed"):
        Repository.around(work.folder)


def test_a_record_that_was_renamed_and_changed_is_one_record(work: Work) -> None:
    _branch(work)
    work.git("mv", str(work.record("cai-2016")), str(work.record("cai-2016-bmmnc")))
    work.edit("cai-2016-bmmnc", "id: cai-2016", "id: cai-2016-bmmnc")
    work.edit("cai-2016-bmmnc", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    work.commit()
    (record,) = _measured(work).records
    assert (record.kind, record.study_id, record.before) == ("renamed", "cai-2016-bmmnc", "cai-2016")
    assert [(field.old, field.new) for field in record.fields] == [(7.5, 7.6)]


def test_another_study_in_its_place_is_no_rename(work: Work) -> None:
    _branch(work)
    text = work.record("zang-2022").read_text(encoding="utf-8")
    for name in ("zang-2022", "skyler-2015"):
        work.record(name).unlink()
    work.commit("without")
    work.git("branch", "-f", "without")
    work.record("zang-2022").write_text(text, encoding="utf-8")
    work.record("cai-2016").unlink()
    work.commit("another")
    kinds = {record.study_id: record.kind for record in _measured(work, "without", "branch").records}
    assert kinds == {"zang-2022": "added", "cai-2016": "removed"}


def test_lines_above_a_result_are_no_change_of_it_and_words_beside_it_are_told(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", "  notes:\n", "  notes:\n    - Seen.\n")
    work.commit()
    found = _measured(work)
    assert [record.study_id for record in found.records] == ["cai-2016"]
    assert (found.analyses, found.unaffected) == ((), ("HbA1c after MSC therapy",))
    work.edit("cai-2016", "blinding: open", "blinding: double")
    work.commit()
    found = _measured(work)
    assert found.analyses[0].beside == ("Cai 2016: blinding open → double",)
    text = impact_markdown(found)
    assert "- The same effect, other words beside it: Cai 2016: blinding open → double" in text
    assert "No pooled result moves." in text
    assert "| pool |" not in text


def test_comments_and_order_alone_are_no_change(work: Work) -> None:
    _branch(work)
    work.edit("cai-2016", "schema: 1", "schema: 1  # as ever")
    work.commit()
    found = _measured(work)
    assert (found.records, found.analyses, found.new_problems) == ((), (), ())
    assert found.notes == (f"Comments, order or spaces alone differ in {FOLDER}/cai-2016.yml.",)


def test_a_problem_that_moves_with_its_line_is_not_a_new_one(work: Work) -> None:
    """Two warnings of one record, and a result put in before them: the places differ, the problems do not."""
    bad = "msc: {n: 21, mean: 7.5, sd: 100.0}"
    work.edit("cai-2016", AFTER_12_MONTHS, bad)
    work.commit("a warning")
    assert _measured(work, "HEAD").new_problems == ()
    _branch(work)
    work.edit("cai-2016", "results:\n", "results:\n  - outcome: hba1c\n    unit: \"%\"\n    at: 36 months\n"
              "    source: abstract\n    arms:\n      msc: {n: 21, mean: 7.9, sd: 1.0}\n"
              "      control: {n: 21, mean: 8.8, sd: 0.9}\n")  # fmt: skip
    work.commit()
    found = _measured(work)
    assert not [p for p in (*found.new_problems, *found.resolved_problems) if "100" in p.message]


def test_a_warning_that_a_branch_sets_aside_is_shown_with_its_reason(work: Work) -> None:
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.5, sd: 0.1}")
    work.commit("a warning")
    (code,) = {p.code for p in _measured(work, "main~1", "main").new_problems}
    _branch(work)
    file = work.record("cai-2016")
    note = f"acknowledged:\n  - code: {code}\n    where: results\n    reason: printed so\n    by: A. Reader\n"
    file.write_text(file.read_text(encoding="utf-8") + note, encoding="utf-8")
    work.commit()
    found = _measured(work)
    assert not found.has_errors, found.new_problems
    (item,) = found.acknowledged
    assert (item.problem.code, item.reason, item.by) == (code, "printed so", "A. Reader")
    assert found.resolved_problems == ()
    assert "### Warnings that this change sets aside (1)" in impact_markdown(found)


def test_one_broken_file_does_not_hide_the_others(work: Work) -> None:
    _branch(work)
    bomb = "".join(f"a{i}: &a{i} [x]\n" for i in range(90))
    (work.folder / FOLDER / "bomb.yml").write_text(bomb, encoding="utf-8")
    work.edit("zang-2022", "results:", "results: [")
    work.commit()
    text = impact_markdown(_measured(work))
    assert "zang-2022.yml:" in text
    assert "… and 85 more problems." in text
    assert "❌ **Not ready: 2 files have errors.**" in text


def test_what_is_left_out_is_said_with_the_reason(work: Work) -> None:
    """At 36 months the result lies outside the plan's time: the row goes, and the report says why."""
    _branch(work)
    work.edit("cai-2016", f"at: 12 months\n    source: abstract\n    arms:\n      {AFTER_12_MONTHS}",
              f"at: 36 months\n    source: abstract\n    arms:\n      {AFTER_12_MONTHS}")  # fmt: skip
    work.commit()
    found = _measured(work)
    assert not found.has_errors
    (change,) = found.analyses
    assert change.rows_out == ("Cai 2016",)
    (text,) = change.left_out
    assert text.startswith("Cai 2016: HbA1c, at 36 months; the plan takes the nearest to 12 months")
    assert "- Left out now: Cai 2016: HbA1c, at 36 months" in impact_markdown(found)


def test_the_rows_of_an_added_record_are_shown_with_their_effects(work: Work) -> None:
    _branch(work)
    text = work.record("zang-2022").read_text(encoding="utf-8")
    work.git("switch", "-q", "main")
    work.record("zang-2022").unlink()
    work.commit("without")
    work.git("switch", "-q", "-C", "branch")
    work.record("zang-2022").write_text(text, encoding="utf-8")
    work.commit("with")
    found = _measured(work)
    (change,) = found.analyses
    assert isinstance(change, AnalysisChange)
    (row,) = change.rows
    assert (row.label, row.before) == ("Zang 2022", None)
    assert re.search(r"- \*\*Zang 2022\*\* comes in with −\d\.\d\d \(−\d\.\d\d to ", impact_markdown(found))


def test_five_hundred_changed_records_fit_into_a_comment(work: Work) -> None:
    text = work.record("cai-2016").read_text(encoding="utf-8")
    for number in range(500):
        made = text.replace("id: cai-2016", f"id: invented-{number}").replace(
            "NCT01374854", f"NCT{number:08}"
        )
        work.record(f"invented-{number}").write_text(made, encoding="utf-8")
    work.commit("many")
    _branch(work)
    words = "<b>@someone & #1 | `x` $y$ www.example.org https://example.org</b> "
    for number in range(500):
        file = work.record(f"invented-{number}")
        made = file.read_text(encoding="utf-8").replace(AFTER_12_MONTHS, "msc: {n: 21, mean: 7.9, sd: 1.0}")
        file.write_text(made.replace("label: Cai 2016", f'label: "{words}{number}"'), encoding="utf-8")
    work.commit("all changed")
    found = _measured(work)
    assert sum(record.kind == "changed" for record in found.records) == 500
    report = impact_markdown(found)
    assert len(report) <= LONGEST_REPORT
    assert report.count("<details>") == report.count("</details>")
    assert "… and 440 more records." in report


def test_a_real_report_passes_unchanged(work: Work) -> None:
    """Nothing of a report of ours looks like mischief: what people read is what `impact` wrote."""
    _branch(work)
    work.edit(
        "cai-2016", "label: Cai 2016", 'label: "<b>@team</b> | #1 www.example.org & https://example.org"'
    )
    work.edit("cai-2016", "msc: {n: 21, mean: 7.5, sd: 1.0}", "msc: {n: 21, mean: 8.9, sd: 1.0}")
    work.edit("zang-2022", "results:", "results: [")
    work.commit()
    report = impact_markdown(_measured(work)).removeprefix(MARKER)
    assert script.harmless(report) == report


CALLS = (
    ("@someone", "@s"),
    ("#12", "#1"),
    ("GH-12", "GH-1"),
    ("https://example.org", "://"),
    ("www.example.org", "www.e"),
    ("WWW.example.org", "WWW.e"),
    ("reader@example.org", "@e"),
    ("&commat;someone", "&commat"),
    ("<img src=x>", "<"),
)


@pytest.mark.parametrize(("text", "gone"), CALLS)
def test_text_calls_nobody_and_leads_nowhere(text: str, gone: str) -> None:
    assert gone not in shown(text)
    assert gone not in summary_text(text)
