"""Comparing where a reader stands: other working trees, half of a clone, what is not committed."""

from pathlib import Path

import pytest

from metamsc.review.git import RevisionError
from metamsc.review.impact import Impact, measure_impact
from metamsc.review.impact_text import impact_markdown
from tests.review.conftest import AFTER_12_MONTHS, FOLDER, Work


def _measured(work: Work, base: str = "main", head: str = "HEAD", **options: str) -> Impact:
    return measure_impact(base, head, repository=work.folder, **options)


def _change(work: Work) -> str:
    """Commit another number on a branch of its own."""
    work.git("switch", "-q", "-c", "branch")
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    return work.commit()


def _shows_the_change(found: Impact) -> bool:
    return [change.rows_changed for change in found.analyses] == [("Cai 2016",)] and found.notes == ()


def test_without_a_common_ancestor_the_report_says_so(work: Work, tmp_path: Path) -> None:
    work.git("switch", "-q", "-c", "branch")
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.51, sd: 1.0}")
    work.commit()
    work.git("switch", "-q", "main")
    work.commit("meanwhile")
    shallow = Work(tmp_path / "shallow")
    origin = work.folder.as_uri()
    Work(tmp_path).git("clone", "-q", "--depth", "1", "--no-single-branch", origin, str(shallow.folder))
    found = _measured(shallow, "origin/main", "origin/branch")
    (note,) = found.notes
    assert note.startswith("No common ancestor is here")
    assert "Note: No common ancestor" in impact_markdown(found)


def test_what_was_not_committed_is_named(work: Work) -> None:
    """The mistake of a first day: the file is written, and `impact` says that nothing changed."""
    found = _measured(work)
    assert found.notes == ("HEAD has nothing that main has not: there is nothing to compare.",)
    work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 7.6, sd: 1.0}")
    (work.folder / FOLDER / "new-2020.yml").write_text("schema: 1\n", encoding="utf-8")
    work.record("zang-2022").unlink()
    text = work.record("skyler-2015").read_bytes()
    work.record("skyler-2015").write_bytes(text.replace(b"\n", b"\r\n"))  # as git writes it on Windows
    (work.folder / FOLDER / "link-2020.yml").symlink_to(work.record("cai-2016"))
    _, note = _measured(work).notes
    assert note.startswith(
        f"Not committed, and so not in this comparison: {FOLDER}/cai-2016.yml, {FOLDER}/new-2020.yml, "
        f"{FOLDER}/zang-2022.yml. `git add`"
    )
    assert "Not committed" in impact_markdown(_measured(work))
    assert not [text for text in _measured(work, "main", "main").notes if "Not committed" in text]


def test_a_sparse_checkout_left_nothing_uncommitted(work: Work) -> None:
    _change(work)
    work.git("sparse-checkout", "set", "--no-cone", "/analyses/", f"/{FOLDER}/zang*")
    assert not work.record("cai-2016").exists()
    assert _shows_the_change(_measured(work))
    work.record("zang-2022").unlink()
    (note,) = _measured(work).notes
    assert note.startswith(f"Not committed, and so not in this comparison: {FOLDER}/zang-2022.yml. ")


def test_a_detached_head_another_working_tree_a_subfolder_and_a_bare_repository(
    work: Work, tmp_path: Path
) -> None:
    _change(work)
    work.git("switch", "-q", "--detach")
    assert _shows_the_change(_measured(work))
    assert _shows_the_change(_measured(Work(work.folder / FOLDER)))
    work.git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    assert _shows_the_change(_measured(Work(tmp_path / "other"), "main", "branch"))
    work.git("clone", "-q", "--bare", str(work.folder), str(tmp_path / "bare.git"))
    assert _shows_the_change(_measured(Work(tmp_path / "bare.git"), "main", "branch"))


def test_a_branch_that_took_in_its_base_answers_for_its_own_change_alone(work: Work) -> None:
    _change(work)
    work.git("switch", "-q", "main")
    work.record("zang-2022").unlink()
    work.commit("meanwhile")
    work.git("switch", "-q", "branch")
    work.git("merge", "-q", "-m", "take it in", "main")
    assert [record.study_id for record in _measured(work).records] == ["cai-2016"]
    assert _shows_the_change(_measured(work))


def test_a_partial_clone_is_told_how_to_become_whole(work: Work, tmp_path: Path) -> None:
    _change(work)
    work.git("config", "uploadpack.allowFilter", "true")
    origin, partial = work.folder.as_uri(), Work(tmp_path / "partial")
    work.git("clone", "-q", "--filter=blob:none", "--no-checkout", origin, str(partial.folder))
    with pytest.raises(RevisionError, match=r"this clone is partial.*git fetch --refetch --no-filter"):
        _measured(partial, "origin/main", "origin/branch")
    partial.git("fetch", "-q", "--refetch", "--no-filter")
    assert _shows_the_change(_measured(partial, "origin/main", "origin/branch"))


def test_a_folder_of_records_that_moved_is_noticed(work: Work) -> None:
    work.git("switch", "-q", "-c", "branch")
    work.git("mv", "data/extractions", "records")
    work.commit()
    assert _measured(work).notes == (
        "HEAD has no record in data/extractions; another folder is named with --records.",
    )
    assert _measured(work, records="records").notes[0].startswith("main has no record in records; ")


@pytest.mark.parametrize("given", ["main..branch", "main...branch"])
def test_a_range_is_two_revisions(work: Work, given: str) -> None:
    with pytest.raises(RevisionError, match=r"is a range: give its two ends apart, as in `main my-branch`\."):
        _measured(work, given)


def test_a_repository_without_a_commit_has_no_revision(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.git("init", "-q", "-b", "main")
    with pytest.raises(RevisionError, match=r"there is no revision 'main' here\."):
        _measured(work)
