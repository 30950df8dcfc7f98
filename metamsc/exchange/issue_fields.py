"""The fields of the form "propose a study": what an issue asks, and where each answer goes in a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from metamsc.vocabulary import (
    Comparator,
    Design,
    DiabetesType,
    Donor,
    Induction,
    MscSource,
    Product,
    Route,
    Setting,
    SourceKind,
    Species,
    Vocabulary,
)

RESULTS_HEADER = "outcome, at, unit, arm, n, mean, sd, events"
"""Header that the form offers for results; other columns of a long table may be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form.

    Attributes
    ----------
    key : str
        Column of :mod:`metamsc.exchange.layout` that the answer is for, or a word of :mod:`issue_form`.
    label : str
        Heading above the answer in the issue: how it is found again.
    help : str
        Text below the heading of the form.
    kind : str
        "input", "textarea" or "dropdown".
    words : type of Vocabulary, optional
        Choices of a dropdown.
    required : bool
        Whether the form can be sent without it.
    example, filled : str
        Greyed text in an empty field, and text that stands in it.
    """

    key: str
    label: str
    help: str = ""
    kind: str = "input"
    words: type[Vocabulary] | None = None
    required: bool = False
    example: str = ""
    filled: str = ""


FIELDS: tuple[Field, ...] = (
    Field(key="label", label="First author and year", required=True, example="Müller 2020"),
    Field(key="title", label="Title of the report", required=True),
    Field(key="authors", label="Authors", help="Separated by semicolons.", example="Müller A; Schmidt B"),
    Field(key="journal", label="Journal"),
    Field(key="doi", label="DOI", example="10.2337/dc15-0171"),
    Field(key="pmid", label="PubMed number"),
    Field(key="registration", label="Trial registration", example="NCT01374854"),
    Field(key="setting", label="People or animals", kind="dropdown", words=Setting, required=True),
    Field(key="design", label="Design", kind="dropdown", words=Design, help="Leave open if in doubt."),
    Field(
        key="diabetes_type",
        label="Type of diabetes",
        help="Of the participants, or that the animals stand for.",
        kind="dropdown",
        words=DiabetesType,
    ),
    Field(key="species", label="Species", help="Animal studies only.", kind="dropdown", words=Species),
    Field(key="strain", label="Strain", help="Animal studies only.", example="Wistar"),
    Field(
        key="induction",
        label="How diabetes came about",
        help="Animal studies only.",
        kind="dropdown",
        words=Induction,
    ),
    Field(key="follow_up", label="Longest follow-up", example="12 months"),
    Field(key="cells.product", label="What was given", kind="dropdown", words=Product),
    Field(key="cells.source", label="Tissue the cells come from", kind="dropdown", words=MscSource),
    Field(key="cells.donor", label="Donor", kind="dropdown", words=Donor),
    Field(key="cells.route", label="Route", kind="dropdown", words=Route),
    Field(key="dose", label="Dose as printed", help="A number and a unit.", example="1.1e6 cells/kg"),
    Field(key="comparator", label="What the control group got", kind="dropdown", words=Comparator),
    Field(key="n_treated", label="Number allocated to the cells", example="21"),
    Field(key="n_control", label="Number allocated to the control", example="21"),
    Field(
        key="source.kind",
        label="Where you read the numbers",
        kind="dropdown",
        words=SourceKind,
        required=True,
    ),
    Field(key="source.locator", label="Place in the text", required=True, example="Table 2, page 5"),
    Field(key="source.url", label="Address", example="https://doi.org/10.2337/dc15-0171"),
    Field(
        key="results",
        label="Results",
        help="One line for each group, outcome and time, as printed. Groups are called msc and control; ids "
        "of outcomes are in docs/outcomes.md (hba1c, c_peptide_fasting, insulin_dose, blood_glucose, ...). "
        "An SE is an SE: add a column `se`. Take out what you do not have; leave this as it is if you only "
        "propose the study.",
        kind="textarea",
        filled=RESULTS_HEADER,
    ),
    Field(key="note", label="Anything else", kind="textarea"),
    Field(key="extracted_by", label="Your name", required=True),
)


def option_of(word: Vocabulary) -> str:
    """Return a word as the form shows it, with its meaning."""
    return word.value if word.meaning in ("", word.value) else f"{word.value}: {word.meaning}"


def form_text() -> str:
    """Return the issue form as YAML, as GitHub reads it from ``.github/ISSUE_TEMPLATE``."""
    body: list[dict[str, Any]] = [{"type": "markdown", "attributes": {"value": _INTRODUCTION}}]
    body += [_entry(field) for field in FIELDS]
    form = {
        "name": "Propose a study",
        "description": "A report that belongs into the review. What you do not know, leave open.",
        "title": "[study] ",
        "labels": ["study"],
        "body": body,
    }
    head = "# Made by `python -m metamsc.exchange.issue_form`; `metamsc from-issue` reads the filled form.\n"
    return head + yaml.safe_dump(form, sort_keys=False, allow_unicode=True, width=110)


_INTRODUCTION = """\
Thank you. Write what the report prints and nothing else: what it does not say is left open, and becomes a
to-do of the record. You can also send a record yourself: docs/submit.md walks through it.
"""


def _entry(field: Field) -> dict[str, Any]:
    attributes: dict[str, Any] = {"label": field.label}
    if field.help:
        attributes["description"] = field.help
    if field.example:
        attributes["placeholder"] = field.example
    if field.words is not None:
        attributes["options"] = [option_of(word) for word in field.words]
    if field.filled:
        attributes["value"] = f"{field.filled}\n"
    if field.key == "results":
        attributes["render"] = "text"
    entry: dict[str, Any] = {
        "type": field.kind,
        "id": field.key.replace(".", "-").replace("_", "-"),
        "attributes": attributes,
    }
    return entry | ({"validations": {"required": True}} if field.required else {})
