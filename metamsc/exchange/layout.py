"""The sheets of a set of records: which part of the model stands on which sheet, under which headers.

A record has many levels, a table has rows. Parts that occur once lie flat in the sheet of their owner;
lists have sheets of their own, joined by the study id, the arm id and the number of the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from pydantic import BaseModel

from metamsc.exchange.columns import Column, columns_of, listed_part, part_of
from metamsc.records.model import Arm, DomainJudgement, Result, RiskOfBias, Source, Study
from metamsc.records.values import ArmValue, Characteristic, Contrast, Derivation

STUDIES, ARMS, CHARACTERISTICS, SOURCES = "studies", "arms", "characteristics", "sources"
RESULTS, CONTRASTS, DERIVATIONS, RISK_OF_BIAS = "results", "contrasts", "derivations", "risk_of_bias"

OWN_SHEET = frozenset({"arms", "sources", "results", "risk_of_bias"})
"""Lists of a record whose sheets are laid out by hand; every other list has a sheet of its own name."""

STUDY = Column("study", (), "text", required=True, help="Id of the study: small letters, digits, hyphens.")
ARM = Column("arm", (), "text", required=True, help="Id of the arm: msc, control.")
RESULT = Column(
    "result", (), "integer", help="Number of the result in its study; rows of one result share it."
)
NUMBER = Column("number", (), "integer", help="Number of the judgement; its domains share it.")
SOURCE_KEY = Column("source", (), "text", required=True, help="Short name of the source: abstract, table-2.")
CHARACTERISTIC = Column("characteristic", (), "text", required=True, help="age, disease_duration or bmi.")

_FRONT = ("definition", "unit")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : str
        Of the sheet, and of the CSV or Parquet file.
    help : str
        What its rows are.
    keys : tuple of Column
        Columns that say where a row belongs.
    owner : tuple of Column
        Columns of the part that several rows share: the result, the judgement.
    columns : tuple of Column
        Columns of the part that each row is.
    """

    name: str
    help: str
    keys: tuple[Column, ...]
    owner: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def all(self) -> tuple[Column, ...]:
        """Every column, in order: what each row needs before what few rows have."""
        front = tuple(c for c in self.owner if c.required or c.name in _FRONT)
        return (*self.keys, *front, *self.columns, *(c for c in self.owner if c not in front))

    def column(self, name: str) -> Column | None:
        """Return the column of a header."""
        return next((column for column in self.all if column.name == name), None)


@cache
def characteristic_names(part: type[BaseModel]) -> frozenset[str]:
    """Return the fields of a part that are characteristics: they stand on a sheet of their own."""
    return frozenset(
        name for name, field in part.model_fields.items() if part_of(field.annotation) is Characteristic
    )


@cache
def study_parts() -> dict[str, type[BaseModel]]:
    """Return the parts that a record has once: study, population, model, extraction."""
    found = {name: part_of(field.annotation) for name, field in Study.model_fields.items()}
    return {name: part for name, part in found.items() if part is not None}


@cache
def study_lists() -> dict[str, type[BaseModel]]:
    """Return the lists of a record that have no sheet laid out by hand: missing_results, to_confirm."""
    found = {name: listed_part(field.annotation) for name, field in Study.model_fields.items()}
    return {name: part for name, part in found.items() if part is not None and name not in OWN_SHEET}


def _below(column: Column, part: str) -> Column:
    """Column of a part of the record: its path begins at the record; `study` needs no prefix."""
    name = column.name if part == "study" else f"{part}.{column.name}"
    return replace(column, name=name, path=(part, *column.path))


def _study_columns() -> tuple[Column, ...]:
    parts = study_parts()
    columns: list[Column] = []
    for name, part in parts.items():
        optional = name not in ("study", "extraction")
        for column in columns_of(part, skip=characteristic_names(part)):
            below = _below(column, name)
            columns.append(replace(below, required=below.required and not optional))
    apart = frozenset(parts) | OWN_SHEET | frozenset(study_lists())
    first = [replace(c, required=False) for c in columns_of(Study, skip=apart)]  # the schema's version
    ids = [replace(STUDY, path=c.path) if c.path == ("study", "id") else c for c in columns]
    return (*ids, *first)


def _apart(columns: tuple[Column, ...], taken: tuple[Column, ...], prefix: str) -> tuple[Column, ...]:
    """Give a prefix to the names that are taken."""
    names = {column.name for column in taken}
    return tuple(
        replace(column, name=f"{prefix}{column.name}") if column.name in names else column
        for column in columns
    )


def _by_hand() -> tuple[Sheet, ...]:
    of_result = columns_of(Result, skip=frozenset({"arms", "contrast"}))
    arm_columns = columns_of(Arm, skip=characteristic_names(Arm) | {"id"})
    values = columns_of(ArmValue, skip=frozenset({"derivations"}))
    contrast = columns_of(Contrast, skip=frozenset({"derivations"}))
    judgement = columns_of(RiskOfBias, skip=frozenset({"domains"}))
    domains = tuple(replace(c, required=False) for c in columns_of(DomainJudgement))  # there may be none
    in_study = (STUDY, RESULT)
    for_arm = replace(ARM, required=False, help="Id of the arm; empty for the whole study, or a contrast.")
    return (
        Sheet(STUDIES, "One row for each study.", (), (), _study_columns()),
        Sheet(ARMS, "One row for each group of a study.", (STUDY, ARM), (), arm_columns),
        Sheet(
            CHARACTERISTICS, "Age, duration, BMI: of a group, or of all (arm left empty).",
            (STUDY, for_arm, CHARACTERISTIC), (), columns_of(Characteristic),
        ),
        Sheet(SOURCES, "One row for each text in which numbers were read.", (STUDY, SOURCE_KEY), (),
              columns_of(Source)),
        Sheet(RESULTS, "One row for each group, outcome and time.", in_study, of_result,
              (ARM, *_apart(values, of_result, "arm_"))),
        Sheet(CONTRASTS, "Comparisons printed as such: adjusted differences, hazard ratios.", in_study,
              of_result, _apart(contrast, of_result, "contrast_")),
        Sheet(DERIVATIONS, "Values of `results` or `contrasts` that are not printed as such.",
              (*in_study, for_arm), (), columns_of(Derivation)),
        Sheet(RISK_OF_BIAS, "One row for each judged domain.", (STUDY, NUMBER), judgement,
              _apart(domains, judgement, "domain_")),
    )  # fmt: skip


@cache
def sheets() -> dict[str, Sheet]:
    """Return every sheet by name, in order."""
    found = {sheet.name: sheet for sheet in _by_hand()}
    for name, part in study_lists().items():
        summary = (part.__doc__ or "").split("\n")[0]
        found[name] = Sheet(name, summary, (STUDY,), (), columns_of(part))
    return found
