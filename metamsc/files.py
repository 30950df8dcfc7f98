"""Files written whole or not at all: a reader never sees half of one, a stop loses nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PathLike = str | os.PathLike[str]


def write_atomic(path: PathLike, content: bytes | str) -> None:
    """Write a file through a temporary one in the same folder; text is written as UTF-8.

    Parameters
    ----------
    path : path
        Replaced if it exists; its folder is made if it does not.
    content : bytes or str

    Raises
    ------
    OSError
        If the folder cannot be made or written to; an existing file is then as it was.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the process's file mode mask; there is no way to read it but to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
