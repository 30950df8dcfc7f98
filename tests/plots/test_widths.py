"""Every figure in the column and on the page of a journal: as wide as asked, readable, nothing on another."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.errors import OptionError
from metamsc.plots.style import SMALLEST
from metamsc.report.plot_kinds import KINDS
from tests.plots.every_kind import BCG, draw_shipped
from tests.plots.extents import cut_off, overlapping

COLUMN, PAGE_WIDTH = 85.0, 178.0
"""One column and the whole page of most journals, in millimetres."""
WIDER = ("evidence-map",)
"""What does not go into one column: a column per type of diabetes and source of the cells."""
CASES = [
    (kind, width) for kind in KINDS for width in (COLUMN, PAGE_WIDTH) if width > COLUMN or kind not in WIDER
]


def sizes(figure: Figure) -> set[float]:
    found = (text for text in figure.findobj(Text) if isinstance(text, Text))
    return {float(text.get_fontsize()) for text in found if text.get_visible() and text.get_text().strip()}


@pytest.mark.parametrize(("kind", "width"), CASES)
def test_a_figure_is_as_wide_as_asked_and_can_be_read(kind: str, width: float) -> None:
    figure = draw_shipped(kind, width=width)
    assert 25.4 * figure.get_figwidth() == pytest.approx(width, rel=1e-12)  # products and one division
    assert cut_off(figure) == []
    assert overlapping(figure) == []
    assert min(sizes(figure)) >= SMALLEST


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "forest"])
def test_too_narrow_is_refused_with_the_least_width_which_does(kind: str) -> None:
    with pytest.raises(
        OptionError, match=r"width must be at least \d+ mm for this figure; got 30\.$"
    ) as found:
        draw_shipped(kind, width=30.0)
    least = int(re.findall(r"least (\d+) mm", str(found.value))[0])
    figure = draw_shipped(kind, width=float(least))
    assert math.ceil(25.4 * figure.get_figwidth() - 1e-9) == least
    assert cut_off(figure) == []
    assert overlapping(figure) == []
    with pytest.raises(OptionError, match=f"at least {least} mm"):
        draw_shipped(kind, width=least - 1.0)


LONG = "glucose infusion or disposal rate in the second hour of a euglycaemic clamp, adjusted for baseline"


@pytest.mark.parametrize(
    "kind", ["funnel", "caterpillar", "bubble", "drapery", "gosh", "leave-one-out", "radial", "forest"]
)
def test_long_words_below_an_axis_stay_on_the_figure(kind: str) -> None:
    figure = draw_shipped(kind, width=COLUMN, source=BCG, outcome=LONG)
    assert cut_off(figure) == []
    assert overlapping(figure) == []


NAMES = (
    "Wilhelmina-Charlotte van der Oudekerke and the Very Long Consortium Name Study Group 2019",
    "Universidade Federal do Rio Grande do Sul 2021 (12 months)", "Łukasiewicz & Ångström 2021", "Wu 2011",
    "محمد وآخرون 2020", "Šťastná-Dvořáková, Nagy-Horváth & Þórðarson 2022", "Li 2020", "Lee 2006",
)  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["funnel", "filled-funnel", "orchard", "caterpillar", "leave-one-out", "cumulative", "influence",
     "baujat", "radial", "drapery", "gosh", "forest"],
)  # fmt: skip
def test_long_names_of_studies_fit_into_a_column(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    rows = [f'"{name}",{0.3 * (-1) ** n + 0.1 * n},{0.02 + 0.01 * n}' for n, name in enumerate(NAMES)]
    file.write_text("\n".join(["study,yi,vi", *rows, ""]), "utf-8")
    figure = draw_shipped(kind, width=COLUMN, source=str(file))
    figure.set_dpi(400)  # small type: rounding to pixels must not decide
    assert cut_off(figure) == []
    assert overlapping(figure) == []
