"""Specification curve: what stands where, as data and as artists."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from metamsc.analysis.dimensions import Dimension, Option
from metamsc.analysis.multiverse_result import Curve, Multiverse
from metamsc.analysis.result import Scale
from metamsc.errors import InputError, OptionError
from metamsc.models.fit import CI_METHODS
from metamsc.models.tau2 import TAU2_METHODS
from metamsc.plots.save import figure_bytes
from metamsc.plots.specification import draw_specification
from metamsc.plots.specification_layout import MOST_PATHS, option_words, specification_layout
from metamsc.sensitivity.specification import share_variance, summarise_curve

SCALE = Scale(
    measure="MD", measure_label="mean difference", ratio=False, null=0.0, unit="%", outcome_label="HbA1c",
    lower_is_better=True, mid=0.5, mid_source="", precision="se", treatment_label="MSC",
    control_label="control",
)  # fmt: skip


def _invented(
    estimate: list[float], sizes: tuple[int, ...] = (2, 2), *, one_scale: bool = True
) -> Multiverse:
    """Return an invented multiverse whose paths have these estimates, each with standard error 0.5."""
    options = np.array(list(itertools.product(*map(range, sizes))))
    dimensions = tuple(
        Dimension(
            name=f"choice_{at}",
            options=tuple(Option(label=f"{at}{chr(97 + i)}", select={}, model={}) for i in range(size)),
        )
        for at, size in enumerate(sizes)
    )
    values = np.array(estimate)
    se = np.where(np.isnan(values), np.nan, 0.5)
    p = np.where(np.abs(values) > 0.98, 0.01, 0.5)
    p = np.where(np.isnan(values), np.nan, p)
    shares = share_variance(values, options, tuple(d.name for d in dimensions))
    curve = Curve(
        label="T2D", k=np.full(values.size, 3), estimate=values, se=se, ci_low=values - 0.98,
        ci_high=values + 0.98, p=p, tau2=0 * se, I2=0 * se, one_scale=one_scale,
        summary=summarise_curve(values, p), shares=shares, shares_of_significance=shares, test=None,
        not_tested="invented",
    )  # fmt: skip
    planned = np.zeros(values.size, dtype=np.bool_)
    planned[1] = True
    return Multiverse(
        name="invented", title="Invented", scale=SCALE, dimensions=dimensions, options=options,
        measures=("MD",) * values.size, planned=planned, level=0.95, seed=1, curves=(curve,),
    )  # fmt: skip


def test_paths_stand_in_the_order_of_their_estimates() -> None:
    layout = specification_layout(_invented([-0.5, -2.0, 0.3, -1.0]))
    assert layout.paths.tolist() == [1, 3, 0, 2]
    assert layout.estimate.tolist() == [-2.0, -1.0, -0.5, 0.3]
    assert layout.significant.tolist() == [True, True, False, False]
    assert layout.planned.tolist() == [True, False, False, False]


def test_each_path_marks_the_options_it_took() -> None:
    # Paths are (0a, 1a), (0a, 1b), (0b, 1a), (0b, 1b); in the order 1, 3, 0, 2 choice 0 is a b a b, choice 1
    # b b a a.
    layout = specification_layout(_invented([-0.5, -2.0, 0.3, -1.0]))
    taken = {line.text: line.taken.tolist() for line in layout.lines if line.taken is not None}
    assert taken == {
        "0a": [True, False, True, False],
        "0b": [False, True, False, True],
        "1a": [False, False, True, True],
        "1b": [True, True, False, False],
    }
    headings = [line for line in layout.lines if line.taken is None]
    assert [line.text for line in headings] == ["Choice 0", "Choice 1"]
    # Means by choice 0: -1.25, -0.35; by choice 1: -0.1, -1.5; grand mean -0.8; SS 4 * 0.45^2 and 4 * 0.7^2
    # of 0.09 + 1.44 + 1.21 + 0.04 = 2.78.
    assert headings[0].note.startswith("estimate 29.1%, ")
    assert headings[1].note.startswith("estimate 70.5%, ")


def test_paths_without_a_pool_are_not_drawn() -> None:
    layout = specification_layout(_invented([-0.5, np.nan, 0.3, -1.0]))
    assert layout.paths.tolist() == [3, 0, 2]
    assert "3 of 4 combinations" in layout.caption[0]
    assert layout.caption[1] == "The plan itself pools fewer than two studies here and is not drawn."
    assert not layout.planned.any()


def test_an_option_that_pools_nothing_says_so() -> None:
    layout = specification_layout(_invented([-0.5, np.nan, 0.3, np.nan]))
    texts = [line.text for line in layout.lines if line.taken is not None]
    assert texts == ["0a", "0b", "1a", "1b (pools no two studies)"]


def test_codes_are_written_as_words() -> None:
    assert option_words("ci_method", "hksj-adhoc") == "Hartung–Knapp (ad hoc)"
    assert option_words("tau2_method", "PM") == "Paule–Mandel"
    assert option_words("designs", "as planned") == "As planned"
    codes = [("tau2_method", code) for code in TAU2_METHODS] + [("ci_method", code) for code in CI_METHODS]
    same = [code for name, code in codes if option_words(name, code) == code]
    assert same == ["REML"]  # known by its letters


def test_the_plan_stands_in_the_caption_with_its_interval() -> None:
    """Path 1 is the plan: -2.0, half-width 0.98."""
    caption = specification_layout(_invented([-0.5, -2.0, 0.3, -1.0])).caption
    assert caption[1] == "Diamond and line: the plan, −2.00 (−2.98 to −1.02)."
    other = _invented([-0.5, -2.0, 0.3, -1.0])
    unplanned = replace(other, planned=np.zeros(4, dtype=np.bool_))
    assert specification_layout(unplanned).caption[1] == "The plan itself is not among the combinations."


def test_a_long_curve_is_thinned_evenly_and_keeps_the_plan() -> None:
    rng = np.random.default_rng(1)
    layout = specification_layout(_invented(rng.normal(size=2000).tolist(), (20, 100)))
    assert MOST_PATHS <= len(layout.paths) <= MOST_PATHS + 1
    assert layout.planned.sum() == 1
    assert np.all(np.diff(layout.estimate) >= 0)
    assert any("Drawn:" in text for text in layout.caption)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(OptionError, match="T2D"):
        specification_layout(_invented([1.0] * 4), stratum="T1D")
    with pytest.raises(InputError, match="several scales"):
        specification_layout(_invented([1.0] * 4, one_scale=False))
    with pytest.raises(InputError, match="no path"):
        specification_layout(_invented([np.nan] * 4))


def test_artists_and_bytes() -> None:
    made = _invented([-0.5, -2.0, 0.3, -1.0])
    axes = draw_specification(made)
    figure = axes.get_figure(root=True)
    assert figure is not None
    named = {artist.get_gid() for panel in figure.axes for artist in panel.get_children()}
    assert {"paths", "intervals", "plan", "null", "taken:1", "taken:2", "taken:4", "taken:5"} <= named
    (plan,) = [line for line in axes.lines if line.get_gid() == "plan"]
    assert [np.asarray(plan.get_xdata()).tolist(), np.asarray(plan.get_ydata()).tolist()] == [[0.0], [-2.0]]
    (chosen,) = [item for item in figure.axes[1].collections if item.get_gid() == "plan-options"]
    rows = [float(np.mean(segment[:, 1])) for segment in chosen.get_segments()]  # type: ignore[attr-defined]
    assert rows == pytest.approx([1.0, 5.0])  # the first option of choice 0, the second of choice 1
    offsets = next(a for a in axes.collections if a.get_gid() == "paths").get_offsets()
    assert np.asarray(offsets)[:, 1].tolist() == [-2.0, -1.0, -0.5, 0.3]
    again = draw_specification(made).get_figure(root=True)
    assert again is not None
    assert figure_bytes(figure, "svg") == figure_bytes(again, "svg")


def test_letters_keep_their_size_on_paper() -> None:
    """Text of an A4 page inside a box is 6.4 inches wide: a wider figure would be scaled down."""
    figure = draw_specification(_invented([-0.5, -2.0, 0.3, -1.0])).get_figure(root=True)
    assert figure is not None
    assert figure.get_size_inches()[0] <= 6.4
    for text in [*figure.texts, *figure.axes[0].texts, *figure.axes[1].texts]:
        assert float(text.get_fontsize()) >= 7.0


def test_all_text_is_on_the_page() -> None:
    figure = draw_specification(_invented([-0.5, -2.0, 0.3, -1.0])).get_figure(root=True)
    assert figure is not None
    assert isinstance(figure.canvas, FigureCanvasAgg)
    figure.canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
    renderer = figure.canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    width, height = figure.bbox.width, figure.bbox.height
    for text in [*figure.texts, *figure.axes[0].texts, *figure.axes[1].texts]:
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
