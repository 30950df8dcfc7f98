"""Becker (2005), Failsafe N or file-drawer number, ch. 7 of Rothstein, Sutton & Borenstein (eds.),
Publication Bias in Meta-Analysis: teachers' expectations and passive smoking.

Numbers of the chapter as metafor's test of its examples records them; where the chapter's differ, the note
says why. Counts of studies: exact.
"""

from __future__ import annotations

import pytest

from metamsc.sensitivity.fail_safe import fail_safe_number
from tests.published.printed import reference_data

EXPECTANCY = reference_data("raudenbush1985")["dat"]
SMOKING = reference_data("hackshaw1998")["dat"]


@pytest.mark.parametrize(
    ("data", "method", "target", "weighted", "n"),
    [
        (EXPECTANCY, "Rosenthal", None, True, 26),  # the chapter: 23, from t tests
        (EXPECTANCY, "Orwin", 0.05, False, 44),
        (EXPECTANCY, "Orwin", 0.05, True, 4),
        (EXPECTANCY, "Rosenberg", None, True, 0),
        (SMOKING, "Rosenthal", None, True, 393),  # the chapter: 398, from rounded numbers
        (SMOKING, "Orwin", 0.049, False, 186),
        (SMOKING, "Orwin", 0.049, True, 104),  # the chapter: 103; ours is rounded up, as it must be
        (SMOKING, "Rosenberg", None, True, 202),
    ],
)
def test_fail_safe_numbers(
    data: dict[str, list[float]], method: str, target: float | None, weighted: bool, n: int
) -> None:
    found = fail_safe_number(data["yi"], data["vi"], method=method, target=target, weighted=weighted)
    assert found.n == n
