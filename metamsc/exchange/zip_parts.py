"""Workbooks as what they are, zip files of XML, looked at before anything trusts them.

A workbook may claim anything of itself: that it unpacks to gigabytes, that a document type multiplies
its text, that a million rows are one merged cell. Here only events of the XML are read, none is kept.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import IO
from xml.parsers import expat

from metamsc.exchange.raw import RefusedFileError

MAX_UNPACKED = 60_000_000
"""A workbook takes some 30 times this in memory while it is read."""

Start = Callable[[str, Mapping[str, str]], None]
"""Called with the name and attributes of each element, namespaces as the file abbreviates them."""


def open_zip(content: bytes) -> zipfile.ZipFile:
    """Open a zip file whose parts unpack to at most :data:`MAX_UNPACKED` bytes.

    Raises
    ------
    RefusedFileError
        If they unpack to more.
    zipfile.BadZipFile
        If it is none.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        raise RefusedFileError(f"it unpacks to {unpacked:,} bytes; at most {MAX_UNPACKED:,} are read")
    return archive


def walk(stream: IO[bytes], start: Start, end: Callable[[str], None] | None = None,
         text: Callable[[str], None] | None = None) -> None:  # fmt: skip
    """Read an XML part event by event.

    Raises
    ------
    RefusedFileError
        If it has a document type: no workbook has, and entities are defined there.
    xml.parsers.expat.ExpatError
        If it is no XML.
    """

    def refuse(*_given: object) -> None:
        raise RefusedFileError("a part of it has a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
        parser.buffer_text = True
    parser.ParseFile(stream)
