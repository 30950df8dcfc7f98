"""The pages of a site that no Quarto document stands behind: the index and the records."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from metamsc.files import PathLike
from metamsc.report.form.content import RECORDS
from metamsc.report.head import (
    FINDINGS_PAGE,
    FORM_PAGE,
    HISTORY_PAGE,
    PUBLISHED_PAGE,
    RECORDS_PAGE,
    SITE_TITLE,
    VERSION,
    site_header,
    style_sheet,
)
from metamsc.report.template import asset

if TYPE_CHECKING:
    from metamsc.analysis.flow import FlowFile
    from metamsc.analysis.history import History
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.published import ReviewFile
    from metamsc.records.studies import Studies


def page_footer(result: AnalysisResult) -> str:
    """Return the line at the foot of an analysis: the version, and the fingerprint of the plan."""
    plan = str(result.manifest.get("plan_sha256", ""))[:12]
    return f"metamsc {VERSION}, plan {result.name} ({plan}). See “What this page was made from”."


def write_own_pages(
    folder: Path,
    results: Sequence[AnalysisResult],
    studies: Studies,
    reviews: Sequence[ReviewFile] = (),
    histories: Sequence[History] = (),
    *,
    search: FlowFile | None = None,
    site_title: str = SITE_TITLE,
    repository: str = "",
    records: PathLike = RECORDS,
) -> None:
    """Write the pages that no document stands behind: index, findings, explorer, records and more.

    `search` holds the numbers of the search for the flow on the index, where somebody wrote them down;
    `repository` is OWNER/NAME on GitHub that the form proposes records to, `records` the folder they go to.
    """

    def write(page: str, title: str, body: str) -> None:
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_page(page, title, body, site_title), encoding="utf-8")

    from metamsc.report.explorer import write_explorer
    from metamsc.report.findings_page import findings_body
    from metamsc.report.form import write_form
    from metamsc.report.history_page import history_body
    from metamsc.report.index_page import index_body
    from metamsc.report.published_page import published_body
    from metamsc.report.record_pages import page_path, record_body, records_table

    used: dict[str, list[tuple[str, str]]] = {}
    for result in results:
        for study_id in dict.fromkeys(row.study_id for row in result.table.rows):
            used.setdefault(study_id, []).append((f"../{result.name}/report.html", result.title))
    write("index.html", "", index_body(results, studies, found=search))
    write(FINDINGS_PAGE, "Summary of findings", findings_body(results))
    write_explorer(folder, results, studies, title=site_title)
    write_form(folder, file_name=FORM_PAGE, repository=repository, title=site_title, records=records)
    write(PUBLISHED_PAGE, "Beside published reviews", published_body(results, reviews))
    write(HISTORY_PAGE, "What changed", history_body(histories))
    table = records_table(studies, used)
    body = f"<h1>Records</h1>\n<p>One record per study, as it was read.</p>\n{table.to_html(caption=False)}"
    write(RECORDS_PAGE, "Records", body)
    for file in studies.files:
        uses = [(f"../{address}", title) for address, title in used.get(file.study.id, ())]
        write(f"records/{page_path(file)}", file.study.label, record_body(file, uses))


def _page(page: str, title: str, body: str, site_title: str) -> str:
    """Return a page of the site; `page` is its place, which says how far up the folder of the site is."""
    return Template(asset("plain.html")).substitute(
        title=escape(f"{title} · {site_title}" if title else site_title),
        styles=style_sheet("page.css"),
        header=site_header("../" * page.count("/"), site_title, page),
        body=body,
        footer=escape(f"metamsc {VERSION}"),
    )
