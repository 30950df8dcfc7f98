"""What the chunks of ``report.qmd`` call: each function shows one part of one result.

A chunk calls one function and computes nothing, so every number on a page comes from the result object,
and the page reads the same under ``quarto render`` and under the embedded route. Chunks run in the folder
of their document.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.report import words
from metamsc.report.answer_page import show_answer, show_cautions, show_meaning, show_question, show_scope
from metamsc.report.dose_page import show_doses
from metamsc.report.grade_page import show_certainty, show_domains, show_findings
from metamsc.report.methods import methods
from metamsc.report.rob_page import show_risk_of_bias, show_risk_of_bias_figures
from metamsc.report.shown import Figure, Prose, draw
from metamsc.report.tables_page import (
    record_link,
    show_choices,
    show_derivations,
    show_excluded,
    show_information,
    show_missing,
    show_regression,
    show_results,
    show_sensitivity,
    show_small_study,
    show_studies,
)
from metamsc.report.trust_page import show_trust
from metamsc.report.words_page import show_paper, show_prisma
from metamsc.tables.labels import plural, record_name
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

__all__ = [
    "DEFAULT_RECORDS",
    "RECORDS_VARIABLE",
    "load_result",
    "record_link",
    "show_answer",
    "show_cautions",
    "show_certainty",
    "show_choices",
    "show_derivations",
    "show_domains",
    "show_doses",
    "show_excluded",
    "show_findings",
    "show_forest",
    "show_funnel",
    "show_information",
    "show_manifest",
    "show_meaning",
    "show_methods",
    "show_missing",
    "show_paper",
    "show_prisma",
    "show_question",
    "show_regression",
    "show_results",
    "show_risk_of_bias",
    "show_risk_of_bias_figures",
    "show_scope",
    "show_sensitivity",
    "show_sensitivity_plot",
    "show_small_study",
    "show_studies",
    "show_title",
    "show_trace",
    "show_trust",
]

RECORDS_VARIABLE = "METAMSC_RECORDS"
"""Environment variable that names another folder of records than the default one."""
DEFAULT_RECORDS = "../../data/extractions"
"""Records, seen from the folder of a plan."""

_TRACE = (
    (
        "In the table of studies (@tbl-studies), the last column names the record and its line: for {label}, "
        "{link}."
    ),
    (
        "The record holds the numbers as they were read, in the unit that was printed, with their source: "
        "{read}."
    ),
    (
        "What is not printed as such is marked in the table: † rests on an assumption, \\* is algebra on "
        "printed numbers; the way is written beside it."
    ),
    (
        "The plan says which numbers are used. Plan and records are named below with their fingerprints: the "
        "same fingerprints give the same results."
    ),
)


def load_result(plan: str = "analysis.yml", records: str | None = None) -> AnalysisResult:
    """Run the plan beside a report, or the one that a parameter of the report names.

    Parameters
    ----------
    plan : str
        The plan or its folder, seen from the folder of the report.
    records : str, optional
        Folder of the records; default: the environment variable ``METAMSC_RECORDS``, else
        ``../../data/extractions``, seen from the folder of the plan.

    Returns
    -------
    AnalysisResult

    Raises
    ------
    SpecError, RecordError
        If the plan or a record has problems; every one is named with its line.
    """
    from metamsc.analysis.plan import read_spec
    from metamsc.analysis.run import run

    beside = Path(plan) if Path(plan).is_dir() else Path(plan).parent
    folder = records or os.environ.get(RECORDS_VARIABLE) or beside / DEFAULT_RECORDS
    return run(read_spec(plan), _read(os.path.realpath(folder)))


@lru_cache(maxsize=1)
def _read(folder: str) -> Studies:
    """Read the records once for all documents of one kernel."""
    from metamsc.checks.read import read_records

    return read_records(folder)


def show_title(result: AnalysisResult) -> Prose:
    """Give a report that serves any analysis the title of the one it shows."""
    return Prose(f"---\ntitle: {json.dumps(result.title, ensure_ascii=False)}\n---\n")


def show_forest(result: AnalysisResult) -> Figure | Prose:
    """Draw the forest plot."""
    from metamsc.plots.forest import draw_forest
    from metamsc.plots.planned import planned_forest

    if not result.strata:
        return Prose("")
    look = planned_forest(result, on_page=True)

    def drawing(drawn: AnalysisResult) -> Axes:
        return draw_forest(drawn, title=False, preset=look.preset, limits=look.limits, models=look.models)

    told = " ".join(f"{item.title}: {item.finding}" for item in words.statements(result))
    return draw(_without_notes(result), drawing, f"Forest plot. {told}")


def _without_notes(result: AnalysisResult) -> AnalysisResult:
    """Return a result without the cautions that a page says in words and below its tables."""
    overall = None if result.overall is None else replace(result.overall, note="")
    return replace(
        result,
        overall=overall,
        overall_note="",
        strata=tuple(replace(stratum, note="") for stratum in result.strata),
        differences=tuple(replace(difference, note="") for difference in result.differences),
    )


def show_funnel(result: AnalysisResult) -> Figure | Prose:
    """Draw the funnel plot."""
    from metamsc.plots.funnel import draw_funnel

    if not result.strata:
        return Prose("")
    alt = f"Funnel plot of {plural(result.table.k, 'study', 'studies')}: effect against precision."
    return draw(result, lambda drawn: draw_funnel(drawn, title=False), alt)


def show_sensitivity_plot(result: AnalysisResult) -> Figure | Prose:
    """Draw the planned analysis beside every other choice."""
    from metamsc.plots.sensitivity import draw_sensitivity

    if not any(item.strata for item in result.sensitivity):
        return Prose("")
    alt = f"The planned analysis and {plural(len(result.sensitivity), 'other choice')} beside each other."
    return draw(result, lambda drawn: draw_sensitivity(drawn, title=False), alt)


def show_methods(result: AnalysisResult) -> Prose:
    """Show the methods paragraphs with their citations."""
    return Prose("\n\n".join(methods(result)) + "\n")


def show_trace(result: AnalysisResult) -> Prose:
    """Show the way from a number on the page to its source, with a pooled row as the example."""
    if not result.table.rows:
        return Prose("No row was pooled; the reasons above each name the line of the record.\n")
    row = next((row for row in result.table.rows if not row.derived), result.table.rows[0])
    name = f"{record_name(row.place.file)}:{row.place.line}"
    read = "; ".join(row.place.sources) or "not stated"
    link = f"[`{name}`]({record_link(row.place.file, row.place.line)})"
    steps = [_TRACE[0].format(label=escape_markdown(row.label), link=link)]
    steps.append(_TRACE[1].format(read=escape_markdown(read)))
    steps.extend(_TRACE[2:])
    return Prose("\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)) + "\n")


def show_manifest(result: AnalysisResult) -> Prose:
    """Show versions of the software and fingerprints of the plan and of the records that were pooled."""
    manifest = result.manifest
    pooled = {row.study_id for row in result.table.rows}
    engines = ", ".join(f"{name} {number}" for name, number in manifest.get("engines", {}).items())
    lines = [f"- metamsc {manifest.get('metamsc', '')}; {engines}"]
    lines.append(f"- plan `{result.name}`: SHA-256 `{manifest.get('plan_sha256', '')}`")
    records = manifest.get("records", [])
    lines.extend(
        f"- record `{item['file']}`: SHA-256 `{item['sha256']}`" for item in records if item["id"] in pooled
    )
    others = len(records) - sum(item["id"] in pooled for item in records)
    lines.append(f"- {capitalise(plural(others, 'other record'))} looked at, listed in `results.json`")
    return Prose("::: {.mm-manifest}\n" + "\n".join(lines) + "\n:::\n")
