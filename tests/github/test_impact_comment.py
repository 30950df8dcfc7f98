"""The script that comments on a pull request: its input is a stranger's."""

import importlib.util
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.review.impact_text import MARKER

SCRIPT = Path(__file__).parents[2] / ".github/scripts/impact_comment.py"
SHA = "a" * 40
ENVIRONMENT = {
    "REPOSITORY": "reviews/msc",
    "RUN_ID": "77",
    "HEAD_SHA": SHA,
    "HEAD_OWNER": "stranger",
    "HEAD_BRANCH": "my&branch/1",
}


def _load() -> ModuleType:
    found = importlib.util.spec_from_file_location("impact_comment", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["impact_comment"] = module
    found.loader.exec_module(module)
    return module


script = _load()


def archive(text: str, name: str = "impact.md", kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as opened:
        opened.writestr(name, text)
    return made.getvalue()


def spoiled(content: bytes) -> bytes:
    """A byte of the packed text is another one: the list of files is sound, and the text cannot be read."""
    at = len("impact.md") + 30  # after the head of the first file
    return content[:at] + b"\xff" + content[at + 1 :]


class GitHub:
    """A stand-in for the service: what was asked, and what it holds."""

    def __init__(self, report: bytes, comments: list[dict[str, Any]] | None = None, sha: str = SHA) -> None:
        self.report = report
        self.comments = comments or []
        self.sha = sha
        self.asked: list[list[str]] = []
        self.sent: list[dict[str, str]] = []

    def __call__(self, arguments: list[str], sent: bytes | None) -> bytes:
        self.asked.append(arguments)
        path = next(argument for argument in arguments if argument.startswith("repos/"))
        if sent is not None:
            self.sent.append(json.loads(sent))
            return b"{}"
        if "/pulls?" in path:
            return json.dumps([{"number": 12, "head": {"sha": self.sha}}]).encode()
        if path.endswith("/artifacts?per_page=100"):
            item = {"name": "impact", "id": 5, "expired": False, "size_in_bytes": len(self.report)}
            return json.dumps({"artifacts": [item]}).encode()
        if path.endswith("/artifacts/5/zip"):
            return self.report
        page = int(path.rsplit("page=", 1)[1])
        return json.dumps(self.comments[(page - 1) * 100 : page * 100]).encode()


def test_the_marker_is_that_of_the_report() -> None:
    assert script.MARKER == MARKER


def test_the_first_comment_is_posted_and_the_next_updates_it() -> None:
    service = GitHub(archive(f"{MARKER}\n\n## What this change does\n"))
    assert script.main(ENVIRONMENT, service) == 0
    assert service.asked[-1] == ["--method", "POST", "repos/reviews/msc/issues/12/comments", "--input", "-"]
    (sent,) = service.sent
    assert sent["body"].startswith(f"{MARKER}\n## What this change does\n")
    others = [{"id": i, "user": {"login": "someone"}, "body": MARKER} for i in range(100)]
    ours = {"id": 400, "user": {"login": script.AUTHOR}, "body": sent["body"]}
    again = GitHub(archive(f"{MARKER}\nnew"), [*others, ours])
    assert script.main(ENVIRONMENT, again) == 0
    assert again.asked[-1] == ["--method", "PATCH", "repos/reviews/msc/issues/comments/400", "--input", "-"]


def test_the_branch_name_is_quoted_in_the_request() -> None:
    service = GitHub(archive(MARKER))
    script.main(ENVIRONMENT, service)
    assert service.asked[0] == [
        "repos/reviews/msc/pulls?state=open&per_page=100&head=stranger%3Amy%26branch%2F1"
    ]


@pytest.mark.parametrize(
    "service",
    [
        lambda: GitHub(archive(MARKER, kind=zipfile.ZIP_LZMA)),
        lambda: GitHub(spoiled(archive(MARKER + "words " * 99))),
        lambda: GitHub(archive(MARKER), sha="b" * 40),
        lambda: GitHub(b"no archive"),
        lambda: GitHub(archive(MARKER, "other.md")),
        lambda: GitHub(archive("no report of ours")),
        lambda: GitHub(archive(MARKER + "x" * 500_000)),
        lambda: GitHub(archive(MARKER)[:-30]),
    ],
    ids=[
        "another packing",
        "a spoiled packing",
        "newer commits",
        "no archive",
        "no report",
        "another text",
        "a bomb",
        "cut short",
    ],
)
def test_what_is_no_report_is_not_posted(
    service: Callable[[], GitHub], capsys: pytest.CaptureFixture[str]
) -> None:
    made = service()
    assert script.main(ENVIRONMENT, made) == 0
    assert made.sent == []
    assert capsys.readouterr().out.startswith("nothing posted: ")


HOSTILE = [
    ("<script>alert(1)</script>", "<"),
    ("<img src=x onerror=alert(1)>", "<"),
    ("<a href='https://example.org'>here</a>", "<"),
    ("<details open onclick=x>", "<details open"),
    ("<!-- metamsc impact -->", "<!--"),
    ("< img", "<"),
    ("![x](https://example.org/a.png)", "]("),
    ("[x](javascript:alert(1))", "]("),
    ("[x][y]\n\n[y]: https://example.org", "]:"),
    ("[x][y]", "]["),
    ("https://example.org", "://"),
    ("WWW.example.org", "WWW.e"),
    ("mailto:a@example.org", "mailto:"),
    ("@someone and @org/team", "@s"),
    ("fixes #12", "#1"),
    ("fixes GH-12", "GH-1"),
    ("```mermaid\nclick A href\n```", "```"),
    ("$\\alpha$ $`x`$", "$\\"),
    ("\u202ereversed\x1b[31m", "\u202e"),
    ("&commat;someone &num;12 &#64;x", "&c"),
    ("&#64;someone", "&#"),
    ("https:\\/\\/example.org", ":\\/"),
    ("www\\.example.org", "www\\"),
    ("xmpp:a@example.org/x", "xmpp:"),
    ("fine\n  /merge now", "  /m"),
    ("/deploy", "/d"),
]


@pytest.mark.parametrize(("text", "gone"), HOSTILE, ids=[text[:20] for text, _ in HOSTILE])
def test_a_strangers_text_can_do_nothing(text: str, gone: str) -> None:
    assert gone in text
    assert gone not in script.harmless(text)


def test_a_comment_is_never_too_long_for_the_service() -> None:
    body = script.comment_body("x" * 390_000, "reviews/msc", "77")
    assert len(body) < 65_536
    assert "the rest is in the report of the run" in body


def test_what_is_cut_or_left_open_folds_nothing_below_it_away() -> None:
    lines = "| a | b |\n" * 8_000
    body = script.comment_body(f"<details><summary>open\n\n{lines}", "reviews/msc", "77")
    folded, _, below = body.rpartition("</details>")
    assert "<sub>Made from the data of this branch" in below
    assert "the rest is in the report of the run" in below
    assert folded.count("</summary>") == folded.count("<summary>") == 1
    assert folded.splitlines()[-3] == "| a | b |"
    assert script.comment_body("</details></summary>x", "reviews/msc", "77").count("</") == 1  # of our <sub>


@given(
    st.binary(max_size=12), st.integers(0, 200), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
)
def test_whatever_the_archive_holds_ends_in_a_report_or_in_its_refusal(
    junk: bytes, at: int, kind: int
) -> None:
    content = archive(MARKER + "words of a report " * 9, kind=kind)
    at = min(at, len(content))
    try:
        text = script.read_report(content[:at] + junk + content[at + len(junk) :])
    except script.ReportError:
        return
    assert len(text) <= script.MOST_BYTES


def test_a_comment_whose_author_is_gone_is_not_ours() -> None:
    service = GitHub(archive(MARKER), [{"id": 1, "user": None, "body": MARKER}])
    assert script.main(ENVIRONMENT, service) == 0
    assert service.asked[-1][1] == "POST"


def test_a_report_of_ours_stays_as_it_is() -> None:
    """Tables, folded lists and what the report itself made harmless."""
    text = (
        "## What this change does to the evidence\n\n"
        "<details><summary>Cai 2016: 2 fields</summary>\n\n| field | before |\n|---|---|\n"
        "| arms | 7.5 &lt; 8 |\n| doi | https:\u200b//doi.org |\n| by | @\u200bsomeone |\n\n</details>\n"
        "- ⚠ **T2D**: the interval now includes no difference; τ² 0.1, −0.5 to 0.2"
    )
    assert script.harmless(text) == text
