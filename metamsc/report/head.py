"""What all pages share: their colours and type, the line at the top, the title of the site."""

from __future__ import annotations

from html import escape
from importlib import resources
from importlib.metadata import version

SITE_TITLE = "metamsc: MSC therapy in diabetes"
"""Of a project whose ``_quarto.yml`` gives its website none."""
VERSION = version("metamsc")
EXPLORER_PAGE, FORM_PAGE = "explorer.html", "form.html"
FINDINGS_PAGE = "findings.html"
PUBLISHED_PAGE, HISTORY_PAGE = "published.html", "history.html"
RECORDS_PAGE = "records/index.html"
_PAGES = {
    "index.html": "All analyses",
    FINDINGS_PAGE: "Findings",
    EXPLORER_PAGE: "Explorer",
    PUBLISHED_PAGE: "Published reviews",
    HISTORY_PAGE: "What changed",
    RECORDS_PAGE: "Records",
    FORM_PAGE: "Submit",
}
"""Pages that every page leads to, in this order."""


def site_header(up: str, title: str = SITE_TITLE, here: str = "") -> str:
    """Return the top of every page of a site: the way back to the index, and to the other pages.

    Parameters
    ----------
    up : str
        Leads from the page to the folder of the site: "", "../".
    title : str
        Of the site.
    here : str
        The page itself, below the folder of the site, where it is one of those that are linked.
    """
    current = ' aria-current="page"'
    links = " ".join(
        f'<a href="{up}{page}"{current if page == here else ""}>{words}</a>' for page, words in _PAGES.items()
    )
    home = f'<a class="mm-home" href="{up}index.html">{escape(title)}</a>'
    return f'<header class="mm-top">{home}<nav aria-label="Site">{links}</nav></header>'


def lone_header(title: str) -> str:
    """Return the top of a page that stands by itself, in no site."""
    return f'<header class="mm-top"><p class="mm-home">{escape(title)}</p></header>'


def style_sheet(name: str, package: str = "metamsc.report") -> str:
    """Return what all pages share, and the style sheet `name` of a package's assets after it."""
    return "\n".join((_asset("metamsc.report", "base.css"), _asset(package, name)))


def _asset(package: str, name: str) -> str:
    return (resources.files(package) / "assets" / name).read_text(encoding="utf-8").strip("\n")
