"""One page per record, each line with an address: where the links of the tables of studies lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from metamsc.outcomes.catalogue import catalogue
from metamsc.records.model import Study
from metamsc.records.rob_tools import SCHEMES
from metamsc.records.studies import Studies, StudyFile
from metamsc.tables.labels import record_name, type_words, word
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row

_ADDRESS = re.compile(r"https?://[^\s<>()\[\]{}]+?(?=[.,;]?(?:&quot;|&#x27;|[\s<>()\[\]{}]|$))")


def page_path(file: StudyFile) -> str:
    """Return where a record's page stands below ``records/``: ``clinical/cai-2016.html``."""
    return record_name(file.file).removesuffix(".yml").removesuffix(".yaml") + ".html"


def record_body(file: StudyFile, used_in: Sequence[tuple[str, str]]) -> str:
    """Return the body of a record's page: what it is, where it is used, and every line of the file.

    Parameters
    ----------
    file : StudyFile
    used_in : sequence of (address, title)
        Analyses that pool a row of it.
    """
    info = file.study.study
    facts = [
        ("Title", escape(info.title or "")),
        ("Published", escape(" ".join(str(part) for part in (info.journal, info.year) if part))),
        ("DOI", _link(f"https://doi.org/{info.doi}", info.doi) if info.doi else ""),
        ("Registration", escape(", ".join(info.registration))),
        ("Design", escape(info.design.meaning)),
        ("Risk of bias", escape(_risk_of_bias(file.study))),
        (
            "Pooled in",
            ", ".join(f'<a href="{escape(address)}">{escape(title)}</a>' for address, title in used_in),
        ),
        ("File", f"<code>{escape(record_name(file.file))}</code>"),
        ("SHA-256", f"<code>{file.sha256}</code>"),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    lines = Path(file.file).read_text(encoding="utf-8").splitlines()
    numbered = "".join(_line(number, line) for number, line in enumerate(lines, 1))
    head = f'<h1>{escape(info.label)}</h1>\n<dl class="mm-facts">{listed}</dl>'
    return f'{head}\n<ol class="mm-code">{numbered}</ol>'


def _risk_of_bias(study: Study) -> str:
    """Say what the record judges: tool, outcome and overall judgement of each entry."""
    said = []
    for entry in study.risk_of_bias:
        outcome = "" if entry.outcome is None else f" ({catalogue().outcomes[entry.outcome].label})"
        found = "judged by domain" if entry.overall is None else entry.overall.value
        said.append(f"{SCHEMES[entry.tool.value].title}{outcome}: {found}")
    return "; ".join(said) or "not judged yet"


def _line(number: int, text: str) -> str:
    address = f'<a href="#L{number}" aria-label="Line {number}">{number}</a>'
    linked = _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(text))
    return f'<li id="L{number}">{address}<code>{linked or " "}</code></li>'


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def records_table(records: Studies, used: Mapping[str, Sequence[tuple[str, str]]]) -> Table:
    """Return the list of all records, by setting; `used` gives the analyses of each study id."""
    rows: list[Row] = []
    settings = dict.fromkeys(file.study.study.setting for file in records.files)
    for setting in settings:
        files = [file for file in records.files if file.study.study.setting is setting]
        rows.append(group_row(f"{setting.value.capitalize()} ({len(files)})"))
        rows.extend(_row(file, used.get(file.study.id, ())) for file in files)
    return Table(
        name="records",
        caption="All records, by setting.",
        columns=(
            Column("study", "Study"),
            Column("type", "Type of diabetes"),
            Column("design", "Design"),
            Column("year", "Year", "right"),
            Column("results", "Results", "right"),
            Column("missing", "Known missing", "right"),
            Column("used", "Pooled in"),
        ),
        rows=tuple(rows),
        empty="There is no record.",
    )


def _sentence(text: str) -> str:
    """Begin with a capital and leave the rest: acronyms keep theirs."""
    return text[:1].upper() + text[1:]


def _row(file: StudyFile, used: Sequence[tuple[str, str]]) -> Row:
    study = file.study
    return Row(
        (
            cell(Piece(study.label, f"./{page_path(file)}")),
            cell(type_words(study.diabetes_type.value).capitalize()),
            cell(_sentence(word(study.study.design.value))),
            cell(str(study.study.year or "–")),
            cell(str(len(study.results))),
            cell(str(len(study.missing_results))),
            _uses(used),
        )
    )


def _uses(used: Sequence[tuple[str, str]]) -> Cell:
    return Cell(tuple((Piece(title, address),) for address, title in used))
