"""What colours look like in greyscale and to a reader who lacks a kind of cone. For tests only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb

Array = npt.NDArray[np.float64]

_TO_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
_LACKING = {
    "protan": np.array([[0.0, 2.02344, -2.52581], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    "deutan": np.array([[1.0, 0.0, 0.0], [0.494207, 0.0, 1.24827], [0.0, 0.0, 1.0]]),
}
"""Viénot, Brettel & Mollon (1999), Color Res Appl 24:243-252: a dichromat's cone responses."""


MACHADO = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""Linear RGB as it is seen without one kind of cone: Machado, Oliveira & Fernandes (2009), IEEE Trans Vis
Comput Graph 15:1291-1298, severity 1.0."""


def linear(colour: str) -> Array:
    """Return linear light of an sRGB colour (IEC 61966-2-1)."""
    values = np.array(to_rgb(colour))
    found: Array = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return found


def luminance(colour: str) -> float:
    """Return relative luminance, 0 (black) to 1 (white): WCAG 2.2."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lightness(colour: str) -> float:
    """Return CIE L*, 0 to 100: what greyscale printing keeps of a colour."""
    y = luminance(colour)
    return float(116.0 * np.cbrt(y) - 16.0) if y > 0.008856 else 903.3 * y


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two colours, 1 to 21."""
    a, b = sorted((luminance(first), luminance(second)))
    return (b + 0.05) / (a + 0.05)


def seen_by(colour: str, kind: str) -> Array:
    """Return CIE Lab of a colour as a "protan" or "deutan" dichromat sees it."""
    rgb = np.linalg.inv(_TO_LMS) @ (_LACKING[kind] @ (_TO_LMS @ linear(colour)))
    return _lab(np.clip(rgb, 0.0, 1.0))


def seen_by_machado(colour: str, kind: str) -> Array:
    """Return CIE Lab of a colour as somebody without one kind of cone sees it; a key of :data:`MACHADO`."""
    return _lab(np.clip(np.array(MACHADO[kind]) @ linear(colour), 0.0, 1.0))


def _lab(rgb: Array) -> Array:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ rgb / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16.0 / 116.0)
    return np.array([116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])])
