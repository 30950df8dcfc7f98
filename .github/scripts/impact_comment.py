"""Post the report of `metamsc impact` as one comment of the pull request, or update the one that is there.

The report comes from a run in which a stranger's workflow file may have run, so it is text of unknown
origin: one file of limited size is read from the archive in memory, and whatever could notify, link, show a
picture, open a tag or run on is made harmless. Which pull request it belongs to is asked of GitHub, never
read from the artifact. Only Python's standard library, and `gh` for the requests.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

MARKER = "<!-- metamsc impact -->"
"""First line of the report, and of the comment: how it is found again."""
AUTHOR = "github-actions[bot]"
MOST_BYTES = 400_000
"""Of the report in the archive; ours have a few thousand."""
MOST_LETTERS = 60_000
"""Of a comment; GitHub takes 65,536."""
_TAGS = ("<details>", "</details>", "<summary>", "</summary>")
_UNSEEN = "\u200b"
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot);)")
Ask = Callable[[list[str], bytes | None], bytes]
"""Arguments of `gh api` and what is sent -> what came back."""


class ReportError(Exception):
    """There is nothing to post, for the reason given."""


def read_report(archive: bytes) -> str:
    """Return the text of ``impact.md`` in the archive of an artifact.

    Raises
    ------
    ReportError
        If the archive cannot be read, has no such file, or the file is larger than any report.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            if opened.getinfo("impact.md").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ReportError("the report is packed in a way that no artifact is")
            with opened.open("impact.md") as file:
                content = file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, RuntimeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise ReportError(f"the artifact has no report that can be read: {error}") from error
    if len(content) > MOST_BYTES:
        raise ReportError(f"the report is larger than {MOST_BYTES:,} bytes")
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith(MARKER):
        raise ReportError("the file impact.md is no report of metamsc")
    return text.removeprefix(MARKER)


def harmless(text: str) -> str:
    """Return text that can neither notify, link, show pictures, nor open tags other than <details>."""
    text = "".join(c if c.isprintable() or c in f"\n{_UNSEEN}" else "\ufffd" for c in text)
    text = _ENTITY.sub("&amp;", text)
    text = re.sub(r"</?[A-Za-z!?/][^>\n]{0,200}>?|<", _tag, text)
    text = re.sub(r"`{3,}|~{3,}", "'''", text)
    text = text.replace("](", f"]{_UNSEEN}(").replace("]:", f"]{_UNSEEN}:").replace("][", f"]{_UNSEEN}[")
    text = re.sub(r":(?=\\?/\\?/)", f":{_UNSEEN}", text)
    text = re.sub(r"www(?=\\?\.)", lambda found: f"{found[0]}{_UNSEEN}", text, flags=re.IGNORECASE)
    text = re.sub(
        r"(mailto|xmpp|javascript):", lambda found: f"{found[1]}{_UNSEEN}:", text, flags=re.IGNORECASE
    )
    text = re.sub(r"[@#$](?!\u200b)(?=\w|[{(\\`])", lambda found: f"{found[0]}{_UNSEEN}", text)
    text = re.sub(r"\bGH-(?=\d)", f"GH{_UNSEEN}-", text, flags=re.IGNORECASE)
    # a line that begins with a slash is a command to many robots, and this comment is by one they may trust
    return re.sub(r"^(\s*/)", f"\\1{_UNSEEN}", text, flags=re.MULTILINE)


def _cut(text: str) -> str:
    """Return at most :data:`MOST_LETTERS`, whole lines."""
    if len(text) <= MOST_LETTERS:
        return text
    kept = text[:MOST_LETTERS]
    return kept[: kept.rfind("\n")] if "\n" in kept else kept


def _closed(text: str) -> str:
    """Close what was left open, so that nothing below it is folded away; close nothing that is not open."""
    depth = {"details": 0, "summary": 0}

    def count(found: re.Match[str]) -> str:
        name = found[2]
        if not found[1]:
            depth[name] += 1
        elif not depth[name]:
            return ""
        else:
            depth[name] -= 1
        return found[0]

    text = re.sub(r"<(/?)(details|summary)>", count, text)
    ends = "</summary>" * depth["summary"] + "</details>" * depth["details"]
    return f"{text}\n\n{ends}" if ends else text


def _tag(found: re.Match[str]) -> str:
    return found[0] if found[0] in _TAGS else found[0].replace("<", "&lt;")


def comment_body(report: str, repository: str, run_id: str) -> str:
    """Return the comment: marker, where it comes from, and the report."""
    origin = f"https://github.com/{repository}/actions/runs/{run_id}"
    said = (
        f"Made from the data of this branch by [this run]({origin}); figures are in its artifact `impact`. "
        "What stands above is the branch's own account: read the records, too."
    )
    safe = harmless(report).strip()
    rest = "\n\n… the rest is in the report of the run." if len(safe) > MOST_LETTERS else ""
    return f"{MARKER}\n{_closed(_cut(safe))}{rest}\n\n<sub>{said}</sub>\n"


def find_pull(ask: Ask, repository: str, owner: str, branch: str, sha: str) -> int:
    """Return the number of the open pull request whose head this is.

    Raises
    ------
    ReportError
        If there is none: it was closed, or has new commits that get a report of their own.
    """
    head = quote(f"{owner}:{branch}", safe="")
    pulls = json.loads(ask([f"repos/{repository}/pulls?state=open&per_page=100&head={head}"], None))
    numbers = [int(pull["number"]) for pull in pulls if pull["head"]["sha"] == sha]
    if not numbers:
        raise ReportError(f"no open pull request has the head {sha[:10]}")
    return numbers[0]


def find_artifact(ask: Ask, repository: str, run_id: str) -> bytes:
    """Return the archive of the artifact ``impact`` of a run.

    Raises
    ------
    ReportError
        If the run left none, or one that is too large.
    """
    listed = json.loads(ask([f"repos/{repository}/actions/runs/{run_id}/artifacts?per_page=100"], None))
    found = [item for item in listed["artifacts"] if item["name"] == "impact" and not item["expired"]]
    if not found:
        raise ReportError("the run left no report")
    if found[0]["size_in_bytes"] > 50_000_000:
        raise ReportError("the artifact is larger than 50 MB")
    return ask([f"repos/{repository}/actions/artifacts/{int(found[0]['id'])}/zip"], None)


def post(ask: Ask, repository: str, pull: int, body: str) -> str:
    """Update our comment, or write the first one; return which it was."""
    data = json.dumps({"body": body}).encode()
    page = 1
    while comments := json.loads(
        ask([f"repos/{repository}/issues/{pull}/comments?per_page=100&page={page}"], None)
    ):
        for comment in comments:
            if _is_ours(comment):
                path = f"repos/{repository}/issues/comments/{int(comment['id'])}"
                ask(["--method", "PATCH", path, "--input", "-"], data)
                return "updated"
        page += 1
    ask(["--method", "POST", f"repos/{repository}/issues/{pull}/comments", "--input", "-"], data)
    return "posted"


def _is_ours(comment: Mapping[str, Any]) -> bool:
    author = comment["user"] or {}  # nobody, where an account is gone
    return author.get("login") == AUTHOR and str(comment["body"]).startswith(MARKER)


def _gh(arguments: list[str], sent: bytes | None) -> bytes:
    done = subprocess.run(["gh", "api", *arguments], input=sent, capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise ReportError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def main(environment: Mapping[str, str], ask: Ask = _gh) -> int:
    """Post the report of one run; 0 when that was done or there was nothing to post."""
    repository, run_id = environment["REPOSITORY"], environment["RUN_ID"]
    try:
        pull = find_pull(
            ask, repository, environment["HEAD_OWNER"], environment["HEAD_BRANCH"], environment["HEAD_SHA"]
        )
        report = read_report(find_artifact(ask, repository, run_id))
        done = post(ask, repository, pull, comment_body(report, repository, run_id))
    except ReportError as error:
        print(f"nothing posted: {error}")  # noqa: T201
        return 0
    print(f"comment {done} on pull request {pull}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
