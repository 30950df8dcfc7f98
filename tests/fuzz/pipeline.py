"""One record by a stranger through everything that reads or shows it, with what must hold of each output."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from metamsc.checks.registry import ALL_CODES
from metamsc.checks.run import CheckReport, judge_studies
from metamsc.cli.reporters import REPORTERS, printable, summarise
from metamsc.errors import Problem
from metamsc.records.load import join_records, load_study
from metamsc.records.studies import Studies
from metamsc.report.record_pages import page_path, record_body, records_table
from metamsc.tables.table import Table

FILE = "clinical/series-2019.yml"
MAX_MESSAGE = 2_000  # characters; a problem is read by a person, whatever the file holds

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_COMMAND = re.compile(r"::(error|warning|notice) file=[^,:]*(,line=\d+,col=\d+)?,title=[^,:]*::.+")
_RAW_MARKDOWN = re.compile(r"(?<!\\)<(?!(?:https?://|\.{1,2}/|#|records/)[^<>\s]*>)")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!(?:[-+\d.,;:()%–*†\s]|to|e)*$).*[A-Za-z|!]")
_TAGS = frozenset(
    ["a", "br", "caption", "code", "dd", "div", "dl", "dt", "h1", "li", "ol", "p", "span", "table", "tbody",
     "td", "th", "thead", "tr"]
)  # fmt: skip
_LINKS = ("https://", "http://", "./", "../", "#", "records/")


class _Page(HTMLParser):
    """Holds every tag and attribute of a page to what our writers make."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"a tag from the record: <{tag}>"
        for name, value in attrs:
            assert not name.startswith("on"), f"an event handler from the record: {name}"
            if name in ("href", "src"):
                assert (value or "").lower().startswith(_LINKS), f"a link from the record: {value}"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment from the record: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration from the record: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction from the record: {data}")


def check_html(text: str) -> None:
    """The page holds the tags of our writers only."""
    page = _Page()
    page.feed(text)
    page.close()
    assert "<script" not in text.lower()


def check_problems(problems: tuple[Problem, ...]) -> None:
    """Each problem has a known code, a place inside the file and a message of readable length."""
    for problem in problems:
        assert problem.code in ALL_CODES
        assert problem.severity in ("error", "warning")
        assert problem.message
        assert problem.line >= 0
        assert problem.column >= 0
        assert len(problem.message) <= MAX_MESSAGE, (problem.code, len(problem.message))
        assert len(problem.where) <= MAX_MESSAGE, (problem.code, len(problem.where))
        assert len(problem.hint) <= MAX_MESSAGE, (problem.code, len(problem.hint))


def check_report(report: CheckReport) -> None:
    """No reporter is broken out of, and none says less than there is."""
    shown = {name: write(report) for name, write in REPORTERS.items()}
    for name, text in shown.items():
        found = _CONTROL.search(text)
        assert found is None, f"{name} holds U+{ord(found[0]):04X}"
        text.encode("utf-8")  # a lone surrogate would end the command
    known = tuple({printable(problem.file.replace("\n", "\\n")) for problem in report.problems})
    for line in shown["text"].split("\n"):
        assert not line or line.startswith(("  ", *known)) or report.acknowledged, (
            f"a line of its own: {line}"
        )
    count = len(report.problems) + len(report.acknowledged)
    commands = shown["github"].splitlines()
    assert len(commands) == count
    assert all(map(_COMMAND.fullmatch, commands)), commands
    data = json.loads(shown["json"])
    assert len(data["problems"]) == len(report.problems)
    assert len(json.loads(shown["sarif"])["runs"][0]["results"]) == count
    assert "\n" not in summarise(report)


def check_table(table: Table) -> None:
    """HTML, Markdown and CSV of a table hold its texts as texts."""
    check_html(table.to_html())
    markdown = table.to_markdown()
    assert _RAW_MARKDOWN.search(markdown) is None, markdown
    assert _CONTROL.search(markdown) is None
    written = table.to_csv()
    lines = list(csv.reader(io.StringIO(written, newline="")))
    assert len({len(line) for line in lines}) <= 1
    for cell in (cell for line in lines for cell in line):
        assert _FORMULA.match(cell) is None, f"a formula: {cell!r}"


def check_pages(studies: Studies, content: bytes) -> None:
    """A record that is sound in structure is shown as text, at a place inside the folder of pages."""
    for file in studies.files:
        page = Path("/site/records") / page_path(file)
        assert ".." not in page.parts
        assert page.suffix == ".html"
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "clinical"
            place.mkdir()
            (place / "series-2019.yml").write_bytes(content)
            read = load_study(content, str(place / "series-2019.yml"))
            assert not isinstance(read, tuple)
            check_html(record_body(read, [("../x/report.html", file.study.label)]))
    check_table(records_table(studies, {study.id: [("../x/report.html", study.label)] for study in studies}))


def run(content: bytes, file: str = FILE, *, shown: bool = True) -> CheckReport:
    """Read, judge and (where `shown`) show one file; return the report, or fail an assertion."""
    studies, problems = join_records([load_study(content, file)])
    found, acknowledged = judge_studies(studies)
    report = CheckReport(studies, tuple(sorted([*problems, *found])), (file,), False, acknowledged)
    check_problems(report.problems)
    if shown:
        check_report(report)
        check_pages(studies, content)
    return report
