"""One call of git that can neither run code of a repository, ask anybody, hang, nor fill the memory.

No revision or path can become an option; hooks, monitors, replacement objects and the fetching of what a
partial clone lacks are off. Bytes come as they were committed: no filter runs.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO

from metamsc.errors import MetamscError

TIMEOUT = 60.0
"""Seconds for one call of git; reading thousands of records takes about one."""
MAX_OUTPUT = 100_000_000
"""Bytes of one answer. Trees that name each other give an endless listing from a repository of a kilobyte."""

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


class RevisionError(MetamscError, RuntimeError):
    """A revision cannot be read: no repository, no such revision, or objects that are missing or broken."""


def run_git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git in a folder and return what it prints.

    Raises
    ------
    RevisionError
        If git is missing, says no, takes longer than :data:`TIMEOUT` or prints more than
        :data:`MAX_OUTPUT`.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said:
        asked.write(given)
        asked.seek(0)
        output, code = _answer(folder, arguments, asked, said)
        said.seek(0)
        complaint = said.read(10_000).decode("utf-8", "replace").strip()
    if code != 0:
        first = printable(complaint.splitlines()[0]) if complaint else f"exit code {code}"
        raise RevisionError(f"git {arguments[0]} failed: {first}")
    return output


def _answer(folder: Path, arguments: tuple[str, ...], asked: IO[bytes], said: IO[bytes]) -> tuple[bytes, int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *_SAFE, "-C", str(folder), *arguments]
    try:
        process = subprocess.Popen(  # noqa: S603 - a list of arguments, and no revision can be an option
            command, stdin=asked, stdout=subprocess.PIPE, stderr=said, env=environment | _QUIET
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed: revisions cannot be read.") from None
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    alarm = threading.Timer(TIMEOUT, end)
    alarm.daemon = True
    alarm.start()
    try:
        with process:
            assert process.stdout is not None  # it was asked for  # noqa: S101
            output = process.stdout.read(MAX_OUTPUT + 1)
            if len(output) > MAX_OUTPUT:
                process.kill()
    finally:
        alarm.cancel()
    if late.is_set():
        raise RevisionError(f"git {arguments[0]} took longer than {TIMEOUT:g} s.")
    if len(output) > MAX_OUTPUT:
        raise RevisionError(
            f"git {arguments[0]} prints more than {MAX_OUTPUT:,} bytes: no folder of records is that large."
        )
    return output, process.returncode


def printable(text: str) -> str:
    """Return text that cannot move a cursor or reverse a line, cut at 300 characters."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)[:300]
