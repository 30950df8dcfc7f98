"""Office files as bytes that depend on nothing but their content."""

from __future__ import annotations

import io
import re
import zipfile

_ENTRY_DATE = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")
_FIXED = rb"\g<1>2000-01-01T00:00:00Z\g<3>"


def fixed_package(content: bytes) -> bytes:
    """Return a docx or xlsx with every date in it set to a fixed one.

    Parameters
    ----------
    content : bytes
        As the library wrote it: the time of writing stands in each entry and in ``docProps/core.xml``.

    Raises
    ------
    zipfile.BadZipFile
        If it is no zip file.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = _STAMP.sub(_FIXED, data)
            fixed = zipfile.ZipInfo(entry.filename, _ENTRY_DATE)
            fixed.external_attr = 0o600 << 16
            new.writestr(fixed, data, zipfile.ZIP_DEFLATED, 6)
    return made.getvalue()
