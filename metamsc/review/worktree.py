"""Records on disk that are not in the commit that HEAD names: a comparison of commits does not see them.

`git status` would ask the filters that a branch may name; here bytes are compared, and nothing is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from metamsc.records.load import find_records
from metamsc.records.text import MAX_BYTES
from metamsc.review.repository import Repository


def uncommitted(repository: Repository, folder: str, committed: Mapping[str, str]) -> tuple[str, ...]:
    """Name the records on disk that are new or differ from a commit, and those that are gone.

    Parameters
    ----------
    repository : Repository
    folder : str
        Of the records, from the top of the repository.
    committed : mapping of str to str
        Path -> object id, of the commit.

    Returns
    -------
    tuple of str
        Paths from the top of the repository, sorted. Nothing where the folder is not on disk, and nothing
        of what a sparse checkout leaves out.
    """
    base = repository.root / folder
    if base.is_symlink() or not base.is_dir():
        return ()
    files, _ = find_records(base)
    there = {Path(file).relative_to(repository.root).as_posix(): Path(file) for file in files}
    changed = {path for path, file in there.items() if committed.get(path) not in _object_ids(file)}
    gone = set(committed) - set(there)
    return tuple(sorted(changed | (gone - repository.left_out(folder) if gone else gone)))


def _object_ids(file: Path) -> set[str]:
    """Return the ids that git may give to a file: of its bytes, and with the line ends that git stores."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError:
        return set()
    return {
        hashlib.new(kind, b"blob %d\0" % len(text) + text).hexdigest()
        for text in {content, content.replace(b"\r\n", b"\n")}
        for kind in ("sha1", "sha256")
    }
