"""The marks of risk-of-bias figures: discs, parts of bars, and the legend that says what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Ellipse, Rectangle

from metamsc.analysis.grade_bias import NOT_ASSESSED
from metamsc.plots import page, style
from metamsc.plots.judgements import EDGE, LOOKS
from metamsc.plots.risk_of_bias_layout import RobPanel
from metamsc.plots.risk_of_bias_room import LEGEND_RADIUS, LegendEntry, RobRoom

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR = 1.47
"""Height of a bar, in sizes of type."""


def draw_legend(
    ax: Axes, panel: RobPanel, entries: Sequence[LegendEntry], room: RobRoom, *, discs: bool
) -> None:
    """Draw what each mark of a tool means: discs, or squares below bars."""
    radius = LEGEND_RADIUS * room.size
    for entry in entries:
        look = LOOKS.get(entry.judgement or "")
        name = f"legend:{panel.scheme.tool}:{entry.words}"
        kept = "" if look is None else "rob:"
        faces: dict[str, Any] = {
            "facecolor": "none" if look is None else look.fill,
            "edgecolor": style.RULE if look is None else EDGE,
            "linewidth": 0.6,
            "linestyle": (0, (2, 2)) if look is None else "-",
            "zorder": 3,
        }
        if discs:
            ax.add_patch(
                Ellipse((entry.x, entry.y), 2 * radius, 2 * radius, gid=f"{kept}{name}:mark", **faces)
            )
        else:
            corner = (entry.x - radius, entry.y - radius)
            ax.add_patch(Rectangle(corner, 2 * radius, 2 * radius, gid=f"{kept}{name}:mark", **faces))
        if look is not None:
            size = (0.62 if len(look.symbol) > 1 else 0.95) * room.size
            page.write(ax, entry.x, entry.y, look.symbol, size=size, color=look.ink, bold=True, ha="center",
                       va="center", gid=f"rob:{name}:symbol")  # fmt: skip
        page.write(
            ax, entry.x + radius + 3.0, entry.y, entry.words, size=room.small, color=style.SOFT, va="center",
            gid=name,
        )  # fmt: skip


def draw_disc(ax: Axes, middle: tuple[float, float], judgement: str | None, name: str, room: RobRoom) -> None:
    """Draw a judgement of a study on a domain; a dashed ring where there is none."""
    across = 2 * room.radius
    if judgement is None:
        ax.add_patch(
            Ellipse(
                middle, across, across, facecolor="none", edgecolor=style.RULE, linewidth=0.7,
                linestyle=(0, (2, 2)), zorder=3, gid=f"none:{name}",
            )
        )  # fmt: skip
        return
    look = LOOKS[judgement]
    ax.add_patch(
        Ellipse(
            middle, across, across, facecolor=look.fill, edgecolor=EDGE, linewidth=0.6, zorder=3,
            gid=f"rob:disc:{name}",
        )
    )  # fmt: skip
    size = (0.88 if len(look.symbol) > 1 else 1.27) * room.size
    page.write(ax, *middle, look.symbol, size=size, color=look.ink, bold=True, ha="center", va="center",
               gid=f"rob:symbol:{name}")  # fmt: skip


def draw_part(ax: Axes, place: tuple[float, float, float], judgement: str, gid: str, room: RobRoom) -> None:
    """Draw a part of a bar at (left, middle, width) with the symbol of its judgement."""
    x, y, wide = place
    look, tall = LOOKS.get(judgement), _BAR * room.size
    ax.add_patch(
        Rectangle(
            (x, y - tall / 2.0), wide, tall, facecolor="none" if look is None else look.fill, edgecolor=EDGE,
            linewidth=0.6, linestyle=(0, (2, 2)) if look is None else "-", zorder=2,
            gid=f"none:{gid}" if look is None else gid,
        )
    )  # fmt: skip
    if look is not None and wide > style.text_width(look.symbol, room.size, bold=True) + 4.0:
        page.write(ax, x + wide / 2.0, y, look.symbol, size=room.size, color=look.ink, bold=True, ha="center",
                   va="center", gid=f"rob:symbol:{gid}")  # fmt: skip
    elif look is None and wide > style.text_width(NOT_ASSESSED, room.small) + 6.0:
        page.write(ax, x + wide / 2.0, y, NOT_ASSESSED, size=room.small, color=style.SOFT,
                   ha="center", va="center", gid=f"word:{gid}")  # fmt: skip
