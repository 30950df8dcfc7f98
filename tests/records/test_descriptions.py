"""Descriptions of fields are the texts below them, as pydantic itself would read them."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field

from metamsc.records.descriptions import describe_schema, described
from metamsc.records.model import Study
from metamsc.records.parts import Part


class Base(Part):
    """A part."""

    first: int
    """What the first
    is for.
    """
    second: int = 0
    third: Annotated[int, Field(description="said in the field")] = 0
    """Not this."""


class Inner(BaseModel):
    """Held by another."""

    word: str
    """One word."""


class Below(Base):
    """A part with more."""

    second: int = 1
    """Said by the heir."""
    fourth: tuple[Inner, ...] | None = None


class Read(BaseModel):
    """Pydantic's own way."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    first: int
    """What the first
    is for.
    """


def test_the_text_below_a_field_is_its_description() -> None:
    assert described(Base)["first"].description == Read.model_fields["first"].description
    assert described(Base)["second"].description is None
    assert described(Base)["third"].description == "said in the field"


def test_an_heir_has_the_texts_of_its_base_and_its_own() -> None:
    fields = described(Below)
    assert fields["first"].description == "What the first\nis for."
    assert fields["second"].description == "Said by the heir."


def test_a_schema_tells_those_of_the_parts_within() -> None:
    describe_schema(Below)
    schema = Below.model_json_schema()
    assert schema["properties"]["first"]["description"] == "What the first\nis for."
    assert schema["$defs"]["Inner"]["properties"]["word"]["description"] == "One word."


def test_where_there_is_no_source_there_is_no_description(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> str:
        raise OSError("no source")

    monkeypatch.setattr("inspect.getsource", refuse)
    made = type("Made", (Inner,), {"__module__": "builtins", "__annotations__": {"other": int}})
    assert described(made)["other"].description is None


def test_records_read_no_description_before_somebody_asks() -> None:
    assert not Study.model_config.get("use_attribute_docstrings")
    assert described(Study)["schema_version"].description == "Version of the record format: 1."
