"""The repository that the form of a site proposes records to is the one the checkout came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from metamsc.report.form import find_repository, form_page

REMOTES = {
    "https://github.com/acme/msc-review.git": "acme/msc-review",
    "https://github.com/acme/msc.review": "acme/msc.review",
    "git@github.com:acme/msc-review.git": "acme/msc-review",
    "ssh://git@github.com/acme/msc-review": "acme/msc-review",
    "https://token@github.com/acme/msc-review/": "acme/msc-review",
    "https://gitlab.com/acme/msc-review.git": "",
    "https://github.com.evil.example/acme/x": "",
    "/srv/git/review.git": "",
}


@pytest.mark.parametrize(("url", "expected"), REMOTES.items(), ids=[str(i) for i in range(len(REMOTES))])
def test_the_repository_is_that_of_the_checkout(tmp_path: Path, url: str, expected: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n')
    (tmp_path / "analyses").mkdir()
    assert find_repository(tmp_path / "analyses") == expected
    if expected:
        assert f'"repository":"{expected}"' in form_page(repository=expected)


def test_no_checkout_has_no_repository(tmp_path: Path) -> None:
    assert find_repository(tmp_path) == ""
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert find_repository(tmp_path) == ""
    (tmp_path / ".git").unlink()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_bytes(b"\xff[x")
    assert find_repository(tmp_path) == ""
