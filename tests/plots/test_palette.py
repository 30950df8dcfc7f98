"""Colours of figures: seen on their page, told apart in greyscale or by shape, and without a kind of cone."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from metamsc.plots import style
from metamsc.plots.dark import COUNTERPARTS, PAGE
from metamsc.plots.evidence_map_layout import LIGHT_FROM, SHADES
from metamsc.plots.funnel_legend import BANDS
from tests.plots.colours import MACHADO, contrast, lightness, seen_by_machado

WHITE = "#FFFFFF"
GRAPHIC, TEXT = 3.0, 4.5
"""Least contrast of marks and of small text: WCAG 2.2, success criteria 1.4.11 and 1.4.3."""
APART = 15.0
"""Least CIE76 difference of two colours that stand for different groups; about 2.3 is just noticed."""
STEP = 5.0
"""Least difference in lightness between neighbouring shades of one scale, of 100."""
ROUNDED = 2e-6
"""The published matrices have six decimals: a row sums to 1 but for three roundings."""

PAGES = {"light": WHITE, "dark": PAGE}


def shown(colour: str, page: str) -> str:
    return colour if page == "light" else COUNTERPARTS[colour]


@pytest.mark.parametrize("page", PAGES)
def test_marks_and_words_stand_out_from_the_page(page: str) -> None:
    for colour in (style.STUDY, style.POOLED, style.PREDICTION, style.MID, style.RULE):
        assert contrast(shown(colour, page), PAGES[page]) >= GRAPHIC
    for _, colour in style.SERIES:
        assert contrast(shown(colour, page), PAGES[page]) >= GRAPHIC
    for colour in (style.INK, style.SOFT):
        assert contrast(shown(colour, page), PAGES[page]) >= TEXT


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("lacking", MACHADO)
def test_groups_are_told_apart_without_a_kind_of_cone(page: str, lacking: str) -> None:
    seen = [seen_by_machado(shown(colour, page), lacking) for _, colour in style.SERIES]
    distances = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) >= APART
    # Intervals of prediction lie on those of the mean.
    mean, new = (seen_by_machado(shown(c, page), lacking) for c in (style.POOLED, style.PREDICTION))
    assert float(np.linalg.norm(mean - new)) >= APART


def test_groups_have_shapes_of_their_own() -> None:
    markers = [marker for marker, _ in style.SERIES]
    assert len(set(markers)) == len(markers)


@pytest.mark.parametrize("shades", [[color for _, color in SHADES], list(BANDS)])
def test_a_scale_gets_darker_step_by_step(shades: list[str]) -> None:
    steps = [lightness(a) - lightness(b) for a, b in itertools.pairwise(shades)]
    assert min(steps) >= STEP


def test_numbers_can_be_read_on_every_shade() -> None:
    for least, shade in SHADES:
        assert contrast(WHITE if least >= LIGHT_FROM else style.INK, shade) >= TEXT


@pytest.mark.parametrize("lacking", MACHADO)
def test_grey_stays_grey_and_white_white(lacking: str) -> None:
    # Machado, Oliveira & Fernandes (2009): an achromatic colour is seen as it is, so every row sums to 1.
    assert np.asarray(MACHADO[lacking]).sum(axis=1) == pytest.approx(np.ones(3), abs=ROUNDED)
    white = seen_by_machado(WHITE, lacking)
    assert white[0] == pytest.approx(100.0, abs=0.01)  # L* of white is 100; the sRGB matrix has four digits
    assert to_rgb(WHITE) == (1.0, 1.0, 1.0)


def test_red_and_green_are_confused_by_whom_they_are() -> None:
    red, green = "#C80000", "#588A00"
    apart = {kind: float(np.linalg.norm(seen_by_machado(red, kind) - seen_by_machado(green, kind)))
             for kind in MACHADO}  # fmt: skip
    assert apart["deutan"] < 0.5 * apart["tritan"]
