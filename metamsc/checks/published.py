"""Contradictions in what published reviews print, found by the rules that judge contrasts of records."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.registry import RULES
from metamsc.checks.rule import Finding
from metamsc.errors import Problem
from metamsc.records.model import Study
from metamsc.records.positions import Path, format_path
from metamsc.records.published import RATIOS, PublishedResult, ReviewFile
from metamsc.vocabulary import PublishedMeasure

CODES = ("A605", "A610", "A619", "C512")
"""Rules that need no more than an estimate, its interval, P and the words beside it."""
_HINT = "it is printed so: read it with care"
_FIELDS = {"difference": "estimate", "ratio": "estimate", "ci": "ci", "p": "p", "said": "said"}


def check_published(read: ReviewFile) -> tuple[Problem, ...]:
    """Return what a published review prints against itself, as warnings: a misprint is not ours to mend.

    Each pooled result is judged as a contrast of a record is: the estimate outside its interval (A605), an
    interval that is not symmetric where it must be (A610), interval against P or against a claim of
    significance (A619), words against the sign (C512).
    """
    found = [*_by_rules(read), *_claims(read)]
    return tuple(sorted(_problem(read, code, finding) for code, finding in found))


def _problem(read: ReviewFile, code: str, finding: Finding) -> Problem:
    place = read.positions.value(finding.path)
    where = format_path(finding.path)
    return Problem(read.file, *place, code, where, finding.message, finding.hint, "warning")


def _by_rules(read: ReviewFile) -> Iterator[tuple[str, Finding]]:
    judged = [
        index
        for index, result in enumerate(read.review.results)
        if result.estimate is not None and result.measure is not PublishedMeasure.PERCENT
    ]
    if not judged:
        return
    study = _as_study(read, judged)
    for rule in RULES:
        if rule.code in CODES and rule.check is not None:
            for finding in rule.check(study):
                path = _path_in_review(finding.path, judged)
                yield rule.code, Finding(path, finding.message, _HINT)


def _path_in_review(path: Path, judged: list[int]) -> Path:
    row, field = path[1], path[-1]
    assert isinstance(row, int)  # rules on contrasts name a row  # noqa: S101
    return ("results", judged[row], _FIELDS.get(str(field), "estimate"))


def _as_study(read: ReviewFile, judged: list[int]) -> Study:
    """Return a record whose contrasts are the pooled results; it exists for the rules only."""
    review = read.review.review
    rows = [
        {"outcome": "responder", "at": "not reported", "source": ["here"], "contrast": contrast}
        for contrast in (_contrast(read.review.results[index]) for index in judged)
    ]
    name = {"id": review.id, "label": review.label, "title": review.reference}
    return Study.model_validate(
        {
            "schema": 1,
            "study": {**name, "setting": "clinical", "design": "controlled-unclear"},
            "population": {"diabetes_type": "unspecified"},
            "arms": [
                {"id": "treated", "role": "treatment", "cells": {"source": "not-reported"}},
                {"id": "control", "role": "control", "comparator": "not-reported"},
            ],
            "sources": {"here": {"kind": "abstract", "reference": "secondary", "url": review.url,
                                 "locator": review.locator}},
            "results": rows,
            "extraction": {"extracted_by": "nobody", "date": "2000-01-01", "status": "single"},
        }
    )  # fmt: skip


def _contrast(result: PublishedResult) -> dict[str, object]:
    ratio = result.measure in RATIOS
    value = "ratio" if ratio else "difference"
    printed = {
        "measure": result.measure.value if ratio else None,
        value: result.estimate,
        "ci": None if result.ci is None or result.ci[0] > result.ci[1] else list(result.ci),
        "p": result.p,
        "p_operator": result.p_operator,
        "said": None if result.said is None else result.said.value,
    }
    kept = {name: item for name, item in printed.items() if item is not None}
    return {"treatment": "treated", "control": "control", **kept}


def _claims(read: ReviewFile) -> Iterator[tuple[str, Finding]]:
    """Limits in the wrong order, and claims of significance beside interval and P."""
    for index, result in enumerate(read.review.results):
        if result.ci is not None and result.ci[0] > result.ci[1]:
            low, high = result.ci
            path: Path = ("results", index, "ci")
            yield "A605", Finding(path, f"the interval runs from {low:g} down to {high:g}", _HINT)
        shown = significant(result)
        if result.claimed is not None and shown is not None and shown != (result.claimed == "significant"):
            interval = f"the interval {result.ci[0]:g} to {result.ci[1]:g}" if result.ci else ""
            message = f"the text calls it {result.claimed}; {interval or f'P = {result.p:g}'} says otherwise"
            yield "A619", Finding(("results", index, "claimed"), message, _HINT)


def significant(result: PublishedResult) -> bool | None:
    """Whether the interval excludes no difference, or P is below 0.05; None where neither is printed."""
    if result.ci is not None:
        null = 1.0 if result.measure in RATIOS else 0.0
        return not min(result.ci) <= null <= max(result.ci)
    if result.p is None or (result.p_operator == "<" and result.p > 0.05):
        return None
    return result.p < 0.05 or (result.p_operator == "<" and result.p <= 0.05)
