"""The maximiser: a function whose maximum is known, an even one, and free amounts per study."""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.rare.maximise import Problem, derivatives, maximise


def test_derivatives_of_a_polynomial() -> None:
    def f(phi: FloatArray) -> FloatArray:
        x, y = phi[..., 0], phi[..., 1]
        return np.asarray(x**2 * y - y**3)

    gradient, hessian = derivatives(f, np.array([[2.0, 3.0]]))
    # f_x = 2xy, f_y = x^2 - 3y^2; minus the Hessian: -2y, -2x, 6y.
    assert gradient[0] == pytest.approx([12.0, -23.0], rel=1e-10)
    assert hessian[0] == pytest.approx(np.array([[-6.0, -4.0], [-4.0, 18.0]]), rel=1e-6)


@pytest.mark.parametrize("start", [1.0, 0.3, 0.05])
def test_an_even_function_is_climbed_quickly(start: float) -> None:
    # Steps from s to -s gain nothing and must not be taken for ever.
    calls = []

    def f(phi: FloatArray) -> FloatArray:
        calls.append(phi.shape[0])
        s = phi[..., 0]
        return np.asarray(-2.0 * np.log1p(s**2) - 0.5 / (0.1 + s**2))

    found = maximise(Problem(f, np.ones((1, 1, 1))), np.array([start]), np.zeros(1))
    # With u = s^2: 2/(1 + u) = 0.5/(0.1 + u)^2.
    u = found.theta[0] ** 2
    assert 2 / (1 + u) == pytest.approx(0.5 / (0.1 + u) ** 2, rel=1e-8)
    assert len(calls) < 80


def test_free_amounts_are_profiled_out() -> None:
    # Two-way additive: study i has values a_i + x_i b with unit weights twice, x = 0 and 1.
    y = np.array([[1.0, 2.0], [4.0, 7.0], [2.0, 2.5]])

    def f(phi: FloatArray) -> FloatArray:
        a, b = phi[..., 0], phi[..., 1]
        return np.asarray(-0.5 * ((y[:, 0] - a) ** 2 + (y[:, 1] - a - b) ** 2))

    mapping = np.zeros((3, 2, 1))
    mapping[:, 1, 0] = 1.0
    found = maximise(Problem(f, mapping, own=0), np.zeros(1), np.zeros(3))
    # b = mean of the differences 1, 3, 0.5; each difference has variance 2, so the information is 3/2.
    assert found.theta[0] == pytest.approx(1.5, rel=1e-9)
    assert found.information[0, 0] == pytest.approx(1.5, rel=1e-6)
    assert found.free == pytest.approx(y.mean(axis=1) - 0.75, rel=1e-9)
