"""Bubble plot of a meta-regression: every study, the mean effect along a moderator, and both bands.

The inner band holds the mean effect (confidence), the outer one the true effect of a new study (prediction).
Artists have a `gid`: ``est:<row id>``, ``mean``, ``ci``, ``pi``, ``null``; for a categorical moderator
``mean:<level>``, ``ci:<level>``, ``pi:<level>``; names ``name:<n>`` with ``leader:<n>``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots import page, style
from metamsc.plots.bubble_layout import HALF_LEVEL, BubbleLayout, bubble_layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.bands import RegressionBands
    from metamsc.analysis.result import Scale

_WIDTH, _HEIGHT = 330.0, 220.0
_MARGINS = page.Margins(left=54.0, right=10.0, top=8.0, bottom=34.0)


def draw_bubble(
    bands: RegressionBands,
    scale: Scale,
    *,
    ax: Axes | None = None,
    title: str = "",
    x_label: str = "",
    logarithmic: bool = False,
    names: bool = True,
    width: float | None = None,
) -> Axes:
    """Draw the bubble plot of a meta-regression with confidence and prediction bands.

    Parameters
    ----------
    bands : RegressionBands
        From :func:`metamsc.analysis.bands.bands_of`, or of any arrays by
        :func:`~metamsc.analysis.bands.regression_bands`.
    scale : Scale
        How effects are shown: ``AnalysisResult.scale``.
    ax : Axes, optional
        Where to draw; default: a new figure, which also has title and caption.
    title : str
        Above a new figure.
    x_label : str
        Default: the name of the moderator.
    logarithmic : bool
        Logarithmic axis of a continuous moderator (doses).
    names : bool
        Name the studies; a name without room is a number, and stands in the caption.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        y is the analysis scale (logarithms for ratios).

    Raises
    ------
    InputError
        If the moderator has a single value, or a logarithmic axis is asked for values not above 0.
    """
    size = page.size_of(ax) if ax else (page.graphic_width(width, _MARGINS, _WIDTH), _HEIGHT)
    layout = bubble_layout(bands, scale, x_label=x_label, logarithmic=logarithmic, names=names, size=size)
    x_words, margins = page.below_axis(layout.x_label, _MARGINS, size[0])
    if ax is None:
        ax = page.new_axes(*size, margins, title=title, caption=layout.caption)
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.y.low, layout.y.high)
    ax.set_xticks(*layout.x_ticks)
    ax.set_yticks(*layout.y_ticks)
    ax.minorticks_off()
    page.heading_texts(ax, x_words, layout.y_label, height=size[1])
    ax.axhline(layout.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    if layout.categorical:
        _draw_levels(ax, layout)
    else:
        _draw_bands(ax, layout)
    for point in sorted(layout.points, key=lambda point: -point.radius):
        ax.plot(
            [point.x], [point.y], "o", markersize=2 * point.radius, markerfacecolor=style.STUDY, alpha=0.8,
            markeredgecolor="white", markeredgewidth=0.7, zorder=4, gid=f"est:{point.row_id}",
        )  # fmt: skip
    page.write_labels(ax, [(point.x, point.y) for point in layout.points], layout.labelling)
    return ax


def _draw_bands(ax: Axes, layout: BubbleLayout) -> None:
    x = [item.x for item in layout.line]
    if all(item.pi is not None for item in layout.line):
        low, high = zip(*(item.pi for item in layout.line if item.pi is not None), strict=True)
        ax.fill_between(x, low, high, color=style.BAND, linewidth=0.0, zorder=0, gid="pi")
        for name, edge in (("low", low), ("high", high)):
            ax.plot(
                x, edge, color=style.PREDICTION, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2,
                gid=f"pi-{name}",
            )  # fmt: skip
    low, high = zip(*(item.ci for item in layout.line), strict=True)
    ax.fill_between(x, low, high, color=style.FAINT, linewidth=0.0, alpha=0.8, zorder=1, gid="ci")
    ax.plot(
        x, [item.estimate for item in layout.line], color=style.POOLED, linewidth=1.4, zorder=3, gid="mean"
    )


def _draw_levels(ax: Axes, layout: BubbleLayout) -> None:
    for item in layout.line:
        left, right = item.x - HALF_LEVEL, item.x + HALF_LEVEL
        if item.pi is not None:
            ax.fill_between(
                [left, right], item.pi[0], item.pi[1], color=style.BAND, linewidth=0.0, zorder=0,
                gid=f"pi:{item.name}",
            )  # fmt: skip
            for end, edge in zip(
                ("low", "high"), item.pi, strict=True
            ):  # no sides: they would strike through the names
                ax.plot(
                    [left, right], [edge] * 2, color=style.PREDICTION, linewidth=0.8, linestyle=(0, (4, 2)),
                    zorder=2, gid=f"pi-{end}:{item.name}",
                )  # fmt: skip
        ax.fill_between(
            [left, right], item.ci[0], item.ci[1], color=style.FAINT, alpha=0.8, linewidth=0.0, zorder=1,
            gid=f"ci:{item.name}",
        )  # fmt: skip
        ax.plot(
            [left, right], [item.estimate] * 2, color=style.POOLED, linewidth=1.6, zorder=3,
            gid=f"mean:{item.name}",
        )  # fmt: skip
