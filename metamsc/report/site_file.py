"""The list of a site's pages with their fingerprints, and of the inputs they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from metamsc.report.head import VERSION
from metamsc.report.inputs import file_prints

SITE_FILE = "site.json"
"""Lists every page with its fingerprint; its presence marks a folder as a site that may be replaced."""


@dataclass(frozen=True, slots=True)
class OldSite:
    """A site that is there already."""

    folder: Path
    key: str
    """Fingerprint of all it was made from."""
    analyses: Mapping[str, str]
    """The same of each analysis."""
    pages: Mapping[str, str]
    """SHA-256 of each page, by its path below the folder."""

    def is_intact(self, analysis: str = "") -> bool:
        """Whether the files are those that were written, no more and no fewer: all, or of one analysis."""
        base = self.folder / analysis
        if not base.is_dir():
            return False
        inside = f"{analysis}/" if analysis else ""
        there = file_prints(
            (path for path in base.rglob("*") if path.is_file() and path != self.folder / SITE_FILE),
            self.folder,
        )
        return there == {name: value for name, value in self.pages.items() if name.startswith(inside)}


def read_site(folder: Path) -> OldSite | None:
    """Return the site in a folder; None where there is none whose list says what it was made from."""
    try:
        listed = json.loads((folder / SITE_FILE).read_text(encoding="utf-8"))
        return OldSite(folder, str(listed["key"]), dict(listed["analyses"]), dict(listed["pages"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_site_file(folder: Path, key: str, analyses: Mapping[str, str]) -> tuple[str, ...]:
    """Write the list of pages, and return their paths, sorted."""
    pages = file_prints((path for path in folder.rglob("*") if path.is_file()), folder)
    listed = {"metamsc": VERSION, "key": key, "analyses": dict(analyses), "pages": pages}
    (folder / SITE_FILE).write_text(f"{json.dumps(listed, indent=1)}\n", encoding="utf-8")
    return tuple(pages)
