"""Reference images: how a test says that its figure must look as it did. See README.md beside this file."""

from __future__ import annotations

import pytest

DPI = 100.0
TOLERANCE = 0.1
"""RMS over all pixels, 0 to 255, as in pyproject.toml. One other digit is 0.8 in a figure of four rows and
0.3 in one of sixty; the same matplotlib draws the same pixels everywhere: the rest is room for rounding."""


def reference_image(name: str) -> pytest.MarkDecorator:
    """Mark a test that returns a figure: it is compared with ``baseline/<name>.png``."""
    return pytest.mark.mpl_image_compare(filename=f"{name}.png", savefig_kwargs={"dpi": DPI})
