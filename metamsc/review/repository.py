"""Files of a revision, read from git's objects: nothing is checked out, and nothing of a branch is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from metamsc.errors import Problem
from metamsc.review.git import RevisionError, printable, run_git

MAX_BYTES = 1_000_000
"""A file larger than this is no record and no plan; the limit of reading from disk is the same."""
MAX_FILES = 20_000
"""More files than this in one folder of a revision are refused."""
MAX_TOTAL = 50_000_000
"""Bytes of all files read from one folder: one object may stand under thousands of names, so that a small
repository can hold a large folder. Ten thousand records have about 40 MB."""
_PARTIAL = (
    "this clone is partial: it lacks files that it would have to fetch, and nothing is fetched here. "
    "`git fetch --refetch --no-filter` brings them."
)
_FILE_MODES = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Blob:
    """One file of a revision."""

    path: str
    object_id: str
    size: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of `git ls-tree -l`; `size` is no number where there is none, or the object is broken."""

    path: str
    mode: str
    kind: str
    object_id: str
    size: str

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link or a submodule, which lead elsewhere."""
        return self.kind != "blob" or self.mode not in _FILE_MODES


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, the day it was committed (2026-11-22, UTC), and the first line of its message."""

    id: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository on disk; `root` is its top folder, of a bare one the folder of its objects."""

    root: Path

    @classmethod
    def around(cls, folder: str | os.PathLike[str] = ".") -> Repository:
        """Return the repository that a folder is in.

        Raises
        ------
        RevisionError
            If it is in none, or git is not installed.
        """
        try:
            found = run_git(Path(folder), "rev-parse", "--show-toplevel")
        except RevisionError as error:
            try:
                found = run_git(Path(folder), "rev-parse", "--is-bare-repository", "--absolute-git-dir")
            except RevisionError:
                raise error from None
            bare, _, found = found.partition(b"\n")
            if bare != b"true":
                raise
        return cls(Path(found.decode("utf-8", "replace").rstrip("\n")))

    def commit(self, revision: str) -> str:
        """Return the object id of the commit that a revision names.

        Raises
        ------
        RevisionError
            If there is no such revision.
        """
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise RevisionError(f"{revision!r} is no revision.")
        if ".." in revision:  # which no name of a branch may hold
            raise RevisionError(f"{revision!r} is a range: give its two ends apart, as in `main my-branch`.")
        try:
            found = run_git(
                self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
            )
        except RevisionError:
            hint = " (a shallow clone may lack it: git fetch --unshallow)" if self._is_shallow() else ""
            raise RevisionError(f"there is no revision {revision!r} here{hint}.") from None
        return found.decode("ascii", "replace").strip()

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the commit where two branches parted; None when it is not here or there is none."""
        try:
            return run_git(self.root, "merge-base", one, other).decode("ascii", "replace").strip()
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
        listed = run_git(
            self.root, "log", "--first-parent", "--reverse", form, head, "--", f":(top,literal){where}"
        )
        found = []
        for entry in listed.decode("utf-8", "replace").split("\x1e")[:-1]:
            name, seconds, subject = entry.lstrip("\n").split("\x1f", 2)
            day = datetime.fromtimestamp(int(seconds), tz=UTC).date().isoformat()
            found.append(Commit(name, day, printable(subject)))
        return tuple(found)

    def left_out(self, folder: str) -> set[str]:
        """Return the files of a folder that a sparse checkout does not put on disk."""
        where = f":(top,literal){folder.strip('/') or '.'}"
        listed = run_git(self.root, "ls-files", "-z", "-t", "--", where).decode("utf-8", "backslashreplace")
        return {entry[2:] for entry in listed.split("\0") if entry.startswith("S ")}

    def _is_shallow(self) -> bool:
        try:
            return run_git(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        except RevisionError:
            return False

    def _is_partial(self) -> bool:
        try:
            run_git(self.root, "config", "--get-regexp", r"^remote\..*\.promisor$", "true")
        except RevisionError:
            return False
        return True

    def files(
        self, commit: str, folder: str, wanted: Callable[[str], bool]
    ) -> tuple[tuple[Blob, ...], tuple[Problem, ...]]:
        """List files below a folder of a commit.

        Parameters
        ----------
        commit, folder : str
        wanted : callable
            Whether a file is asked for, by its path below the folder.

        Returns
        -------
        files : tuple of Blob
            Sorted by path; none when there is no such folder. Names that begin with a dot are left out, as
            in reading from disk.
        problems : tuple of Problem
            Links and submodules, also one in place of the folder; files too large; names that are no text:
            listed, not read.

        Raises
        ------
        RevisionError
            If the commit's objects cannot be read, or the files are too many or too large together.
        """
        where = folder.strip("/")
        start = "" if where in ("", ".") else f"{where}/"
        files, problems = [], []
        for entry in self._tree(commit, (start,) if start else (), "-r"):
            inside = entry.path.removeprefix(start)
            if any(part.startswith(".") for part in inside.split("/")):
                continue
            if not wanted(inside) and not (entry.is_link and "." not in inside.rsplit("/", 1)[-1]):
                continue
            refused = _refused(entry)
            if refused is not None:
                problems.append(refused)
            else:
                files.append(Blob(entry.path, entry.object_id, int(entry.size)))
        if len(files) > MAX_FILES:
            raise RevisionError(
                f"{folder} holds {len(files):,} files at {commit[:10]}; at most {MAX_FILES:,} are read."
            )
        total = sum(blob.size for blob in files)
        if total > MAX_TOTAL:
            raise RevisionError(
                f"{folder} holds {total:,} bytes at {commit[:10]}; at most {MAX_TOTAL:,} are read."
            )
        if start and not files and not problems:
            problems += self._in_place_of(commit, where)
        return tuple(sorted(files, key=lambda blob: blob.path)), tuple(problems)

    def _tree(self, commit: str, paths: Sequence[str], *options: str) -> Iterator[_Entry]:
        try:
            listing = run_git(self.root, "ls-tree", *options, "-z", "-l", "--full-tree", commit, "--", *paths)
        except RevisionError:
            if self._is_partial():
                raise RevisionError(_PARTIAL) from None
            raise
        for line in filter(None, listing.split(b"\0")):
            about, _, name = line.partition(b"\t")
            mode, kind, object_id, size = about.decode("ascii", "replace").split()
            yield _Entry(name.decode("utf-8", "backslashreplace"), mode, kind, object_id, size)

    def _in_place_of(self, commit: str, folder: str) -> Iterator[Problem]:
        """Yield a problem where the folder, or one above it, is a link, a submodule or a file."""
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            for entry in self._tree(commit, (path,)):
                if entry.kind != "tree":
                    message = "not read: a link, a submodule or a file, not a folder"
                    yield Problem(printable(path), 0, 0, "Y117", "", message)
                    return

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
        answer = run_git(self.root, "cat-file", "--batch", given=asked)
        found: dict[str, bytes] = {}
        at = 0
        for blob in blobs:
            end = answer.find(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3 or head[1] != b"blob":
                raise RevisionError(
                    f"the object of {printable(blob.path)} is missing or broken: git fsck tells more."
                )
            size = int(head[2])
            found[blob.path] = answer[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found


def _refused(entry: _Entry) -> Problem | None:
    """Say why an entry of a tree is not read; None when it is."""
    if entry.is_link:
        code, said = "Y117", "not read: a link or submodule, not a file"
    elif not entry.path.isprintable() or "\\" in entry.path:
        code, said = "Y101", "not read: the name holds characters that cannot be shown"
    elif not entry.size.isdigit():
        code, said = "Y101", "not read: the object is missing or broken"
    elif int(entry.size) > MAX_BYTES:
        code, said = "Y102", f"not read: larger than {MAX_BYTES:,} bytes"
    else:
        return None
    return Problem(printable(entry.path), 0, 0, code, "", said)
