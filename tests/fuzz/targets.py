"""What the coverage-guided runs send their inputs through besides a record: a plan, and tables to import."""

from __future__ import annotations

import tempfile
from pathlib import Path

from metamsc.analysis.plan import PLAN_CODES, PLAN_FILE, read_spec
from metamsc.checks.registry import ALL_CODES
from metamsc.errors import Problem, SpecError
from metamsc.exchange.codes import EXCHANGE_CODES
from metamsc.exchange.convert import Hints
from metamsc.exchange.importing import import_tables
from metamsc.exchange.record_files import write_studies
from metamsc.records.load import load_study
from tests.fuzz.pipeline import MAX_MESSAGE

HINTS = Hints(
    extracted_by="A", date="2026-11-22", setting="clinical", design="rct-parallel", diabetes_type="T1D",
    outcomes={"x": "hba1c"}, at="12 months", unit="%", measure="MD",
)  # fmt: skip
KNOWN = ALL_CODES.keys() | PLAN_CODES.keys() | EXCHANGE_CODES.keys()


def _check(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.code in KNOWN, problem.code
        assert problem.message
        assert max(map(len, (problem.message, problem.hint, problem.where))) <= MAX_MESSAGE, problem.code


def read_one_plan(content: bytes) -> None:
    """Whatever the bytes are, they are a plan or problems with a code."""
    problems: tuple[Problem, ...] = ()
    refused = False
    with tempfile.TemporaryDirectory() as analyses:
        folder = Path(analyses) / "hba1c"
        folder.mkdir()
        (folder / PLAN_FILE).write_bytes(content)
        try:
            read_spec(folder)
        except SpecError as error:
            problems, refused = error.problems, True
    assert bool(problems) == refused
    _check(problems)


def import_one_table(content: bytes) -> None:
    """Whatever the bytes are, they are records that can be written and read again, or problems."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        file.write_bytes(content)
        found = import_tables(file, HINTS)
        _check(found.problems)
        if not found.sound:
            return
        output = Path(folder) / "records"
        written, taken = write_studies(found.studies, output)
        _check(taken)
        for one in written:
            place = Path(one.file)
            assert output in place.parents, place
            assert not isinstance(load_study(place.read_bytes(), str(place)), tuple), place.read_text()
