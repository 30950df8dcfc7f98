"""Tables from strangers: whatever stands in their cells, an import ends in records and problems."""

import datetime as dt
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metamsc.errors import Problem
from metamsc.exchange import long_table, metafor, revman, revman5, syrf
from metamsc.exchange.assemble import from_rows, from_tables
from metamsc.exchange.convert import Conversion, Hints
from metamsc.exchange.layout import sheets
from metamsc.exchange.ods_files import read_ods
from metamsc.exchange.raw import ErrorValue, Formula, Percentage, RawSheet, sheet_of
from tests.exchange.strategies import AWKWARD

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        ["a", "b", "msc", "control", "treatment", "clinical", "hba1c", "baseline", "1", "7.5", "TRUE"]
    ),
    st.sampled_from(AWKWARD),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.just(dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
    st.just(dt.time(1, 2)),
    st.just(Formula("=1+1")),
    st.just(ErrorValue("#REF!")),
    st.just(Percentage(58.0)),
    st.sampled_from(["[" * 2000, '["a", 1]', "{}", "9" * 400, "1e999", "-0", "1_000", "١٢"]),
)


@st.composite
def tables(draw: st.DrawFn, names: list[str], name: str) -> RawSheet:
    """A table with these headers, in part and in any order, and any cells."""
    header = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    width = len(header)
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=4))
    lines: list[tuple[int, list[Any]]] = [(1, list(header))]
    return sheet_of("x.xlsx", name, lines + [(n, row) for n, row in enumerate(rows, start=2)])


@st.composite
def books(draw: st.DrawFn) -> list[RawSheet]:
    return [
        draw(tables([c.name for c in sheet.all], name))
        for name, sheet in sheets().items()
        if draw(st.booleans())
    ]


def named(problems: tuple[Problem, ...]) -> None:
    assert all(problem.code[0] in "TSY" and problem.where for problem in problems)


@QUICK
@given(books())
def test_any_book(book: list[RawSheet]) -> None:
    studies, problems = from_tables(book)
    named(problems)
    assert len({study.id for study in studies}) == len(studies)


_LONG = [*long_table.columns(), "unheard of"]
_FORMS = (
    (long_table.convert, [*_LONG[:40], "role", "setting", "title"], ["study", "arm", "outcome"]),
    (syrf.convert, sorted(syrf.USED), sorted(syrf.NEEDED)),
    (revman.convert, sorted(revman.USED), sorted(revman.NEEDED)),
    (metafor.convert, sorted(metafor.USED), ["study", "yi"]),
    (metafor.convert_meta, sorted(metafor.USED_OF_META), ["studlab", "te"]),
    (revman5.convert, sorted(revman5.USED), sorted(revman5.NEEDED)),
)


@QUICK
@given(st.data(), st.sampled_from(range(len(_FORMS))), st.sampled_from(["MD", "RR", None]))
def test_any_foreign_table(data: st.DataObject, form: int, measure: str | None) -> None:
    convert, names, _ = _FORMS[form]
    raw = data.draw(tables(names, "table"))
    hints = Hints(
        extracted_by="x",
        date="2026-01-01",
        setting="clinical",
        outcomes={"": "hba1c", "a": "hba1c"},
        measure=measure,
    )
    made = Conversion(hints)
    convert(raw, made)
    made.finish()
    _, problems = from_rows(made.rows, made.problems)
    named(problems)


_CONTENT = zipfile.ZipFile(Path(__file__).parent / "libreoffice/habits.ods").read("content.xml")
_EVIL = (
    b'table:number-columns-repeated="16384"', b'table:number-rows-repeated="1048576"', b"</table:table-row>",
    b'table:number-rows-repeated="-1"', b"<table:table-cell>", b"<text:p>", b"&#0;", b"&x;",
    b"<office:annotation>",
    b'office:value="1e999"', b'office:value-type="date"', b"<table:table>", b"\xff", b'text:c="999999999"',
)  # fmt: skip


@QUICK
@given(st.data())
def test_any_spoiled_ods(data: st.DataObject) -> None:
    """A workbook of LibreOffice, cut and sewn with things that belong elsewhere."""
    content = _CONTENT
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.sampled_from([0, 0, 1, 40, 400]))
        content = content[:at] + data.draw(st.sampled_from((b"", *_EVIL))) + content[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.ods"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("content.xml", content)
        found = read_ods(file)
    if isinstance(found, Problem):
        assert found.code == "T901"
    else:
        named(from_tables(list(found))[1])
