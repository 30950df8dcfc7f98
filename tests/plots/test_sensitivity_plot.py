"""The comparison of analyses, and the guards around the package that draws it."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError
from metamsc.plots.numbers import plain
from metamsc.plots.save import figure_bytes
from metamsc.plots.sensitivity import draw_sensitivity
from metamsc.plots.sensitivity_rows import sensitivity_rows, stack_lines
from metamsc.plots.style import bare_figure
from tests.plots.conftest import sensitivity_of
from tests.plots.extents import cut_off, overlapping


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def by_gid(ax: Axes) -> dict[str, Artist]:
    return {str(found.get_gid()): found for found in ax.findobj(Artist) if found.get_gid()}


def test_rows_are_the_plan_and_every_choice_pool_by_pool(md_result: AnalysisResult) -> None:
    rows = sensitivity_rows(sensitivity_of(md_result))
    assert len(rows) == 3 * (1 + 5)
    assert [row.name for row in rows[:6]] == ["main", "s1", "s2", "s3", "s4", "s5"]
    assert [rows[index].group for index in (0, 6, 12)] == ["T1D", "T2D", "All diabetes types"]
    pooled = md_result.strata[0].pooled
    assert (rows[0].estimate, rows[0].low, rows[0].high) == (pooled.estimate, pooled.ci.low, pooled.ci.high)


@pytest.mark.parametrize("name", ["md_result", "rr_result", "one_row_result"])
def test_every_row_is_drawn_at_its_place_with_its_numbers(name: str, request: pytest.FixtureRequest) -> None:
    result = sensitivity_of(request.getfixturevalue(name))
    rows = sensitivity_rows(result)
    ax = draw_sensitivity(result)
    found = by_gid(ax)
    squares, intervals = found["est"], found["ci"]
    assert isinstance(squares, PathCollection)
    assert isinstance(intervals, LineCollection)
    lines = stack_lines(rows, tuple(dict.fromkeys(row.group for row in rows)))
    offsets: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.ma.filled(
        np.ma.asarray(squares.get_offsets()), np.nan
    )
    segments = {round(float(path[0][1])): path for path in intervals.get_segments() if len(path)}
    drawn = 0
    for line in lines:
        if line.row is None or line.row.estimate is None:
            assert np.isnan(offsets[line.y][0])
            continue
        assert tuple(offsets[line.y]) == (line.row.estimate, line.y)
        # forestplot passes widths, so an end is one subtraction and one addition away.
        ends = [float(segments[line.y][0][0]), float(segments[line.y][1][0])]
        assert ends == pytest.approx([line.row.low, line.row.high], rel=1e-9, abs=1e-12)
        drawn += 1
    assert drawn == sum(row.estimate is not None for row in rows)


def test_labels_stand_at_their_rows(md_result: AnalysisResult) -> None:
    result = sensitivity_of(md_result)
    ax = draw_sensitivity(result)
    labels = [text.get_text().strip() for text in ax.get_yticklabels()][::-1]
    names = [other.label for other in result.sensitivity]
    one = ["As planned", *names]
    types = ["Type 1 diabetes", "Type 2 diabetes", "All types of diabetes together"]
    assert labels == ["Analysis", *(text for name in types for text in (name, *one))]


def test_an_empty_choice_says_so(md_result: AnalysisResult) -> None:
    texts = [plain(text.get_text()) for text in draw_sensitivity(sensitivity_of(md_result)).texts]
    assert texts.count("nothing left to pool") == 1


def test_another_measure_is_told_and_not_drawn(rr_result: AnalysisResult) -> None:
    result = sensitivity_of(rr_result)
    # A risk difference of 0.07 (-0.49 to 0.64) is no ratio: exp(0.07) = 1.07 must stand nowhere.
    stratum = replace(result.sensitivity[0].strata[1], estimate=0.07, ci_low=-0.494, ci_high=0.637)
    other = replace(result.sensitivity[0], measure="RD", ratio=False, strata=(stratum,))
    mixed = replace(result, sensitivity=(other,))
    found = [row for row in sensitivity_rows(mixed) if row.name == other.name]
    assert [(row.estimate, row.low, row.high) for row in found] == [(None, None, None)]
    assert plain(found[0].instead) == "RD 0.07 [-0.49, 0.64]"
    texts = [plain(text.get_text()) for text in draw_sensitivity(mixed).texts]
    assert "RD 0.07 [-0.49, 0.64]" in texts
    assert not any(text.startswith("1.07") for text in texts)


def test_a_pool_that_only_a_choice_has_is_shown(md_result: AnalysisResult) -> None:
    result = sensitivity_of(md_result)
    extra = replace(result.sensitivity[0].strata[0], label="mixed")
    more = replace(result.sensitivity[0], strata=(*result.sensitivity[0].strata, extra))
    rows = sensitivity_rows(replace(result, sensitivity=(more,)))
    assert [(row.group, row.name) for row in rows][-1] == ("mixed", more.name)


def test_equal_rows_do_not_merge(md_result: AnalysisResult) -> None:
    result = sensitivity_of(md_result)
    same = replace(result, sensitivity=(result.sensitivity[0], replace(result.sensitivity[0], name="again")))
    ax = draw_sensitivity(same)
    assert len(ax.get_yticks()) == 1 + 3 + 3 * 3


def test_ratio_axis_has_round_ratios_and_the_null(rr_result: AnalysisResult) -> None:
    ax = draw_sensitivity(sensitivity_of(rr_result))
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert "1" in labels
    assert [float(label) for label in labels] == pytest.approx(np.exp(ax.get_xticks()).tolist(), rel=1e-12)
    null = by_gid(ax)["null"]
    assert isinstance(null, LineCollection)
    assert {float(x) for x in null.get_segments()[0][:, 0]} == {0.0}


def test_the_plan_is_a_diamond(md_result: AnalysisResult) -> None:
    found = by_gid(draw_sensitivity(sensitivity_of(md_result)))
    for stratum in md_result.strata:
        mark = found[f"main:{stratum.label}"]
        assert isinstance(mark, Line2D)
        assert mark.get_marker() == "D"
        assert np.asarray(mark.get_xdata()).tolist() == [stratum.pooled.estimate]


@pytest.mark.parametrize("name", ["md_result", "rr_result", "sixty_result", "long_names_result"])
def test_no_text_on_another_and_none_cut_off(name: str, request: pytest.FixtureRequest) -> None:
    figure = figure_of(draw_sensitivity(sensitivity_of(request.getfixturevalue(name))))
    assert overlapping(figure) == []
    assert cut_off(figure) == []


def test_given_axes_are_used(md_result: AnalysisResult) -> None:
    ax = bare_figure(600.0, 400.0).add_axes((0.4, 0.1, 0.3, 0.8))
    assert draw_sensitivity(sensitivity_of(md_result), ax=ax) is ax


def test_without_choices_there_is_nothing_to_draw(md_result: AnalysisResult) -> None:
    with pytest.raises(InputError, match="'invented' has no sensitivity analysis"):
        draw_sensitivity(md_result)


def test_forestplot_changes_nothing_outside(md_result: AnalysisResult) -> None:
    import matplotlib.pyplot as plt

    mine = plt.figure()
    try:
        monospace = list(mpl.rcParams["font.monospace"])
        numpy_errors, filters = np.geterr(), list(warnings.filters)
        draw_sensitivity(sensitivity_of(md_result))
        assert np.geterr() == numpy_errors
        assert list(warnings.filters) == filters
        assert mpl.rcParams["font.monospace"] == monospace
        assert plt.gcf() is mine
        assert mine.axes == []
    finally:
        plt.close(mine)


FIRST_IMPORT = """
import warnings
import matplotlib, numpy as np
settings = {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}
errors, filters = np.geterr(), list(warnings.filters)
from metamsc.plots.forestplot_call import guarded
with guarded():
    import forestplot
assert np.geterr() == errors, np.geterr()
assert {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"} == settings
assert [f for f in warnings.filters if f not in filters and f[0] == "ignore" and f[2] is Warning] == []
assert matplotlib.get_backend(auto_select=False) is None
"""


def test_the_first_import_is_guarded_too() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_IMPORT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_same_bytes_twice(md_result: AnalysisResult) -> None:
    result = sensitivity_of(md_result)
    first, second = (figure_bytes(figure_of(draw_sensitivity(result)), "svg") for _ in range(2))
    assert first == second
