"""The repository on GitHub that a checkout came from, so that the form of a site knows where records go."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from metamsc.files import PathLike

_GITHUB = re.compile(
    r"(?:https://(?:[^@/]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])"
    r"([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)


def find_repository(folder: PathLike) -> str:
    """Return ``OWNER/NAME`` of the remote `origin` on GitHub of the checkout around a folder.

    Parameters
    ----------
    folder : path
        Anywhere in the checkout.

    Returns
    -------
    str
        Empty where there is no checkout, no such remote, or it is not on GitHub: the reader fills in the
        field then. Nothing is run; git's own file is read.
    """
    start = Path(folder).resolve()
    root = next((place for place in (start, *start.parents) if (place / ".git").exists()), None)
    if root is None:
        return ""
    config = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        config.read_string((root / ".git" / "config").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):  # a worktree, or a file that git would mend
        return ""
    found = _GITHUB.fullmatch(config.get('remote "origin"', "url", fallback=""))
    return found[1] if found else ""
