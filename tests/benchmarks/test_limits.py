"""The tally of bytes behind what `docs/speed.md` says of limits."""

from __future__ import annotations

import numpy as np

from benchmarks.bench_limits import Counted, Tally, moved_per_subset


def test_an_addition_reads_two_arrays_and_writes_one() -> None:
    Counted.tally = Tally()
    x = np.ones(10).view(Counted)
    found = x + np.ones(10)
    assert isinstance(found, Counted)
    assert (Counted.tally.moved, Counted.tally.elements, Counted.tally.calls) == (240, 10, 1)
    total = np.einsum("i,i->", found, x)
    assert total == 20.0
    # The einsum reads both and gives a number, which is no array.
    assert (Counted.tally.moved, Counted.tally.calls) == (240 + 160, 2)


def test_reml_moves_more_than_a_moment_estimator() -> None:
    reml, moments = moved_per_subset("REML"), moved_per_subset("DL")
    assert reml[0] > 4 * moments[0] > 4 * 20 * 8
    assert reml[1] > 4 * moments[1] > 4 * 20
