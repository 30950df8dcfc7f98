"""The first page: what this is, one card per analysis with its plain answer, how records are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.report import words
from metamsc.report.evidence_page import evidence_section
from metamsc.report.findings_page import findings_section
from metamsc.report.thumbnail import thumbnail
from metamsc.tables.labels import plural, stratum_title
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from metamsc.analysis.flow import FlowFile
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

_LEAD = (
    "Mesenchymal stromal cells in diabetes: what controlled studies found, pooled by type of diabetes, "
    "each number with the place it was read."
)
_HOW = (
    "Each study is one record: the numbers as they were printed, in the printed unit, with the sentence or "
    "table they were read in. Nothing is converted by hand. The toolkit checks every record, derives what is "
    "not printed and says how, and pools by a plan that is written down before. A change of any record "
    "changes these pages, and the fingerprints on each page say what it was made from."
)
_LIMITS = (
    "These pages hold what could be read. Results known to be missing are listed with each analysis; a pool "
    "of few small studies is shown with the wide interval it deserves. This is evidence to judge, not advice "
    "for treatment."
)
_ADD = (
    (
        "Fill in the form",
        "./form.html",
        "it checks while you type, and nothing leaves your computer",
    ),
    ("See how a record looks", "./records/index.html", "all records, each line with its own address"),
    ("Or begin a record in an editor", "", "metamsc new"),
    ("Check a record, and look up a problem by its code", "", "metamsc check data/extractions"),
)


def index_body(results: Sequence[AnalysisResult], records: Studies, *, found: FlowFile | None = None) -> str:
    """Return the body of the index; `found` are the numbers of the search, where somebody wrote them down."""
    parts = [
        f"<h1>{escape('Evidence on MSC therapy in diabetes')}</h1>",
        f'<p class="mm-lead">{escape(_LEAD)}</p>',
    ]
    for setting, title in ((Setting.CLINICAL, "In people"), (Setting.PRECLINICAL, "In animals")):
        chosen = [result for result in results if result.table.setting == setting]
        chosen.sort(key=_amount, reverse=True)
        if chosen:
            cards = "".join(_card(result) for result in chosen)
            parts.append(f'<section><h2>{title}</h2><ul class="mm-cards">{cards}</ul></section>')
    parts.append(findings_section(results))
    parts.append(evidence_section(records, found))
    parts.append(
        f"<section><h2>How this is made</h2><p>{escape(_HOW)}</p>"
        f'<p>{_counted(records)}: <a href="./records/index.html">open the records</a>. '
        f"{escape(_read_in(records))}</p><p>{escape(_LIMITS)}</p></section>"
    )
    steps = "".join(f"<li>{_step(*step)}</li>" for step in _ADD)
    parts.append(f"<section><h2>Add or correct a study</h2><ul>{steps}</ul></section>")
    return "\n".join(parts)


def _counted(records: Studies) -> str:
    """Say how many records there are of each setting that has any."""
    clinical = sum(file.study.study.setting is Setting.CLINICAL for file in records.files)
    counts = {"clinical record": clinical, "animal record": len(records) - clinical}
    return " and ".join(plural(count, noun) for noun, count in counts.items() if count) or "No record"


def _read_in(records: Studies) -> str:
    """Say in what kinds of text the results of the records were read, the most frequent first."""
    found: Counter[str] = Counter()
    total = 0
    for study in records:
        for result in study.results:
            kinds = dict.fromkeys(study.sources[key].kind.meaning for key in result.source)
            found.update(list(kinds))
            total += 1
    if not total:
        return "None of them holds a result yet."
    places = "; ".join(f"{kind} ({count})" for kind, count in found.most_common())
    several = " (some in more than one)" if sum(found.values()) > total else ""
    return f"They hold {plural(total, 'result')}, read in{several}: {places}."


def _amount(result: AnalysisResult) -> int:
    """Return how many cohorts an analysis pools: what rests on more stands first."""
    return len({row.cohort for row in result.table.rows})


def _step(text: str, address: str, more: str) -> str:
    shown = f'<a href="{address}">{escape(text)}</a>' if address else escape(text)
    return f"{shown}: {escape(more)}" if address else f"{shown}: <code>{escape(more)}</code>"


def _card(result: AnalysisResult) -> str:
    address = f"./{result.name}/report.html"
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    answers = "".join(
        f"<dt>{escape(stratum_title(result, stratum))}</dt><dd>{escape(words.answer(result, stratum))}</dd>"
        for stratum in first
    )
    body = f"<dl>{answers}</dl>" if answers else "<p>No study in the records can be pooled.</p>"
    missing = len(result.table.missing) + len(result.spec.get("known_missing", ()))
    known = (
        f'<p class="mm-ask">{capitalise(plural(missing, "result"))} known to be missing.</p>'
        if missing
        else ""
    )
    picture = f'<div class="mm-thumb">{thumbnail(result)}</div>' if answers else ""
    return (
        f'<li class="mm-card"><h3><a href="{address}">{escape(result.title)}</a></h3>'
        f'<p class="mm-ask">{escape(result.question)}</p>{body}{known}{picture}</li>'
    )
