"""Characters that a file format cannot hold: replaced by one that says that something was there."""

from __future__ import annotations

import re

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\ufffd"


def printable(text: str) -> str:
    """Return text without control characters and halves of surrogates, which no XML may hold."""
    return _NOT_IN_XML.sub(REPLACEMENT, text)
