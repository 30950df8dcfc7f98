"""Files of a revision, read from git's objects: nothing is checked out, and nothing of a branch is run.

`git` is called with arguments that no revision or path can turn into options, without hooks, replacement
objects or a fetch of what a partial clone lacks. Bytes come as they were committed: no filter runs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from metamsc.errors import MetamscError, Problem

MAX_BYTES = 1_000_000
"""A file larger than this is no record and no plan; the limit of reading from disk is the same."""
MAX_FILES = 20_000
"""More files than this in one folder of a revision are refused."""
TIMEOUT = 60.0
"""Seconds for one call of git; reading thousands of records takes about one."""

_SAFE = (
    "--no-pager",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
)
_QUIET = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_FILE_MODES = ("100644", "100755", "100664")


class RevisionError(MetamscError, RuntimeError):
    """A revision cannot be read: no repository, no such revision, or objects that are missing or broken."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One file of a revision."""

    path: str
    object_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, the day it was committed (2026-11-22, UTC), and the first line of its message."""

    id: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository on disk; `root` is its top folder."""

    root: Path

    @classmethod
    def around(cls, folder: str | os.PathLike[str] = ".") -> Repository:
        """Return the repository that a folder is in.

        Raises
        ------
        RevisionError
            If it is in none, or git is not installed.
        """
        text = _git(Path(folder), "rev-parse", "--show-toplevel").decode("utf-8", "replace").rstrip("\n")
        return cls(Path(text))

    def commit(self, revision: str) -> str:
        """Return the object id of the commit that a revision names.

        Raises
        ------
        RevisionError
            If there is no such revision.
        """
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise RevisionError(f"{revision!r} is no revision.")
        try:
            found = _git(
                self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
            )
        except RevisionError:
            hint = " (a shallow clone may lack it: git fetch --unshallow)" if self._is_shallow() else ""
            raise RevisionError(f"there is no revision {revision!r} here{hint}.") from None
        return found.decode("ascii", "replace").strip()

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the commit where two branches parted; None when it is not here or there is none."""
        try:
            return _git(self.root, "merge-base", one, other).decode("ascii", "replace").strip()
        except RevisionError:
            return None

    def commits(self, revision: str, folder: str) -> tuple[Commit, ...]:
        """Return the commits that changed a folder, oldest first; of a merge the line it was merged into.

        Raises
        ------
        RevisionError
            If the revision cannot be read.
        """
        head = self.commit(revision)
        form = "--format=%H%x1f%ct%x1f%s%x1e"
        where = folder.strip("/") or "."
        listed = _git(
            self.root, "log", "--first-parent", "--reverse", form, head, "--", f":(top,literal){where}"
        )
        found = []
        for entry in listed.decode("utf-8", "replace").split("\x1e")[:-1]:
            name, seconds, subject = entry.lstrip("\n").split("\x1f", 2)
            day = datetime.fromtimestamp(int(seconds), tz=UTC).date().isoformat()
            found.append(Commit(name, day, _shown(subject)))
        return tuple(found)

    def _is_shallow(self) -> bool:
        try:
            return _git(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        except RevisionError:
            return False

    def files(self, commit: str, folder: str, suffix: str) -> tuple[tuple[Blob, ...], tuple[Problem, ...]]:
        """List the files below a folder of a commit whose names end in `suffix`.

        Returns
        -------
        files : tuple of Blob
            Sorted by path; none when there is no such folder.
        problems : tuple of Problem
            Links, files too large and names that are no text: listed, not read.

        Raises
        ------
        RevisionError
            If the commit's objects cannot be read, or there are too many files.
        """
        where = folder.strip("/")
        paths = () if where in ("", ".") else (where + "/",)
        listing = _git(self.root, "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *paths)
        files, problems = [], []
        for entry in filter(None, listing.split(b"\0")):
            about, _, name = entry.partition(b"\t")
            mode, kind, object_id, size = about.decode("ascii", "replace").split()
            path = name.decode("utf-8", "backslashreplace")
            if not path.endswith(suffix):
                continue
            refused = _refused(path, mode, kind, size)
            if refused:
                problems.append(Problem(_shown(path), 0, 0, "F101", "", refused))
            else:
                files.append(Blob(path, object_id, int(size)))
        if len(files) > MAX_FILES:
            raise RevisionError(
                f"{folder} holds {len(files):,} files at {commit[:10]}; at most {MAX_FILES:,} are read."
            )
        return tuple(sorted(files, key=lambda blob: blob.path)), tuple(problems)

    def read(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Return the bytes of files, by path.

        Raises
        ------
        RevisionError
            If an object is missing or broken.
        """
        if not blobs:
            return {}
        asked = "".join(f"{blob.object_id}\n" for blob in blobs).encode("ascii")
        answer = _git(self.root, "cat-file", "--batch", given=asked)
        found: dict[str, bytes] = {}
        at = 0
        for blob in blobs:
            end = answer.find(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3 or head[1] != b"blob":
                raise RevisionError(
                    f"the object of {_shown(blob.path)} is missing or broken: git fsck tells more."
                )
            size = int(head[2])
            found[blob.path] = answer[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found


def _refused(path: str, mode: str, kind: str, size: str) -> str:
    """Say why an entry of a tree is not read; "" when it is."""
    if kind != "blob" or mode not in _FILE_MODES:
        return "not read: a link or submodule, not a file"
    if not path.isprintable() or "\\" in path:
        return "not read: the name holds characters that cannot be shown"
    if not size.isdigit():
        return "not read: the object is missing or broken"
    if int(size) > MAX_BYTES:
        return f"not read: larger than {MAX_BYTES:,} bytes"
    return ""


def _shown(path: str) -> str:
    """Return a path as text that cannot move a cursor or reverse a line."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in path)[:300]


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git and return what it prints.

    Raises
    ------
    RevisionError
        If git is missing, says no, or takes too long.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *_SAFE, "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, and no revision can be an option
            command, input=given, capture_output=True, env=environment | _QUIET, timeout=TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed: revisions cannot be read.") from None
    except NotADirectoryError:
        raise RevisionError(f"{folder} is no folder.") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"git {arguments[0]} took longer than {TIMEOUT:g} s.") from None
    if done.returncode != 0:
        said = (
            _shown(done.stderr.decode("utf-8", "replace").strip().splitlines()[0])
            if done.stderr.strip()
            else ""
        )
        raise RevisionError(f"git {arguments[0]} failed: {said or f'exit code {done.returncode}'}")
    return done.stdout
