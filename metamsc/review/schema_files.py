"""The schemas that editors read: a copy in each review, and the line that leads to it in every file.

A schema completes keys and words while a record or a plan is written. The copy travels with the review, so
the line at the top of each file means the same to everyone who has it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from metamsc.files import PathLike, write_atomic

SCHEMAS = "schema/1"
"""Folder of the copies below a review; the number is that of the format of records and plans."""
_PACKAGE = Path(__file__).parents[1]
_SHIPPED = {
    "extraction.json": _PACKAGE / "records" / SCHEMAS / "extraction.json",
    "review.json": _PACKAGE / "records" / SCHEMAS / "review.json",
    "analysis.json": _PACKAGE / "analysis" / SCHEMAS / "analysis.json",
}
_FILES = {
    "data/extractions/**/*.y*ml": "extraction.json",
    "data/reviews/*.y*ml": "review.json",
    "analyses/*/analysis.yml": "analysis.json",
}
_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)[^\r\n]*")


def write_schemas(folder: PathLike = ".") -> tuple[Path, ...]:
    """Bring the schemas of a review up to date, and lead records, reviews and plans to them.

    A file gets a first line where it has none, or where the one it has leads to a file that is not there or
    to a place of one machine (``file:``). An address of the web is left as it is.

    Parameters
    ----------
    folder : path
        Of the review: above ``data`` and ``analyses``.

    Returns
    -------
    tuple of Path
        The files that were written, sorted; none where all was as it is now.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    """
    base = Path(folder)
    wanted = {base / SCHEMAS / name: file.read_bytes() for name, file in _SHIPPED.items()}
    for path, schema in _written_by_hand(base):
        data = path.read_bytes()
        line = f"# yaml-language-server: $schema={_address(base / SCHEMAS / schema, path)}"
        wanted[path] = _led(data, line, path.parent)
    changed = [path for path, data in wanted.items() if not path.is_file() or path.read_bytes() != data]
    for path in changed:
        write_atomic(path, wanted[path])
    return tuple(sorted(changed))


def _written_by_hand(base: Path) -> Iterator[tuple[Path, str]]:
    for pattern, schema in _FILES.items():
        for path in sorted(base.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                yield path, schema


def _address(schema: Path, file: Path) -> str:
    return Path(os.path.relpath(schema.resolve(), file.parent.resolve())).as_posix()


def _led(data: bytes, line: str, folder: Path) -> bytes:
    """Return a file with the line at its top; what is no text is left to `metamsc check`."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        text = data.removeprefix(mark).decode("utf-8")
    except UnicodeDecodeError:
        return data
    found = _LINE.match(text)
    if found is None:
        end = "\r\n" if "\r\n" in text else "\n"
        text = f"{line}{end}{text}"
    elif not _leads_somewhere(found[1], folder):
        text = line + text[found.end() :]
    return mark + text.encode("utf-8")


def _leads_somewhere(address: str, folder: Path) -> bool:
    """Whether an address is one of the web, or relative and of a file that is there."""
    if re.match(r"https?://", address):
        return True
    return not re.match(r"[A-Za-z][A-Za-z+.-]*:|/", address) and (folder / address).is_file()
