"""`figures` of a plan: checked like the rest of it, kept in the result, and no number changes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.analysis.plan import read_spec
from metamsc.analysis.spec_figures import FOREST_COLUMNS, FiguresPlan
from metamsc.errors import SpecError
from metamsc.plots.forest_columns import FIELDS
from tests.analysis.plans import plan
from tests.analysis.test_plan import PLAN, written

FOREST = """\
figures:
  width: 85
  forest:
    preset: bmj
    right: [estimate, weight, year]
    sort: -weight
"""


def test_it_is_read_from_a_plan(tmp_path: Path) -> None:
    figures = read_spec(written(tmp_path, PLAN + FOREST)).figures
    assert figures is not None
    assert (figures.width, figures.dark, figures.doses) == (85.0, False, "kg")
    assert figures.forest.right == ("estimate", "weight", "year")
    assert (figures.forest.preset, figures.forest.left, figures.forest.sort) == ("bmj", None, "-weight")


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("preset: bmj", "preset: lancet", "19:13", "lancet"),
        ("sort: -weight", "sort: -colour", "18:3", "'colour' is no column; there are label, arms"),
        ("year]", "year, weight]", "18:3", "each column stands once; weight stands twice"),
        ("width: 85", "width: 8.5", "17:10", "40"),
        ("sort: -weight", "limits: [2, 1]", "18:3", "`limits` are [low, high]; got [2, 1]"),
        ("sort: -weight", "colours: pink", "21:5", "unknown key 'colours'"),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, old: str, new: str, place: str, says: str) -> None:
    with pytest.raises(SpecError) as raised:
        read_spec(written(tmp_path, PLAN + FOREST.replace(old, new)))
    (problem,) = raised.value.problems
    assert f"{problem.line}:{problem.column}" == place
    assert says in problem.message


def test_every_column_of_the_figure_can_be_planned() -> None:
    assert set(FIELDS) <= set(FOREST_COLUMNS)
    columns: dict[str, Any] = {
        "left": ["label"],
        "right": [name for name in FOREST_COLUMNS if name != "label"],
    }
    assert FiguresPlan.model_validate({"forest": columns}).forest.right == FOREST_COLUMNS[1:]
    with pytest.raises(ValidationError):
        FiguresPlan.model_validate({"forest": {"left": ["colour"]}})


def test_another_measure_lets_go_of_the_ends_of_the_axis() -> None:
    spec = plan(figures={"forest": {"limits": [-2, 1], "preset": "jama"}})
    changed = spec.with_flags(measure="SMD").figures
    assert changed is not None
    assert (changed.forest.limits, changed.forest.preset) == (None, "jama")
    assert spec.with_flags(tau2_method="PM").figures == spec.figures
