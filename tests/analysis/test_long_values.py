"""Whatever stands in a plan, what is said of it can be read: values are quoted cut."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from metamsc.analysis.plan import read_spec
from metamsc.errors import MOST_QUOTED, SpecError, quoted

LONG = 3000
MOST = 2000  # characters of a message: some list every outcome that there is
PLAN = """
schema: 1
name: invented
title: An invented analysis
question: Does it work?
select: {setting: clinical, outcome: hba1c, unit: "%", measure: MD, time: {at: 12 months}}
strata: [diabetes_type, source]
mods: "~ dose"
model:
  method: bayes
  preset: metamsc
  tau_prior: half-normal:0.5
  mu_prior: normal:0:10
  tau2_method: REML
  ci_method: HKSJ
  pi_method: HTS
sensitivity:
  - name: paule-mandel
    model: {tau2_method: PM}
  - name: sooner
    select: {time: {at: 3 months}}
multiverse:
  tau2_method: [DL, REML]
  measure: [MD, SMD]
"""


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if not isinstance(data, dict | list):
        yield path
        return
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield from places(value, (*path, key))


@pytest.mark.parametrize(
    "path", list(places(yaml.safe_load(PLAN))), ids=lambda path: ".".join(map(str, path))
)
@pytest.mark.parametrize(
    "value", ["a" * LONG, "a." * (LONG // 2), "1" * LONG, "a b, " * (LONG // 5)], ids=len
)
def test_a_long_value_makes_no_long_message(path: tuple[Any, ...], value: str, tmp_path: Path) -> None:
    data = copy.deepcopy(yaml.safe_load(PLAN))
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    file = tmp_path / "draft.yml"
    file.write_text(yaml.safe_dump(data, width=10 * LONG), encoding="utf-8")
    try:
        read_spec(file)
    except SpecError as error:
        for problem in error.problems:
            assert max(map(len, (problem.message, problem.hint, problem.where))) <= MOST, problem.code


@pytest.mark.parametrize(
    ("value", "written"),
    [("x", "'x'"), (2, "2"), (None, "None"), ("a" * 58, f"'{'a' * 58}'"), ("a" * 59, f"'{'a' * 56}…")],
)
def test_quoted(value: object, written: str) -> None:
    assert quoted(value) == written
    assert len(written) <= MOST_QUOTED
