"""Colours of a forest plot, light and dark. Data only; a test holds contrasts and greyscale."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metamsc.plots import style


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by what they are for."""

    background: str = "#FFFFFF"
    ink: str = style.INK
    soft: str = style.SOFT
    """Lines that explain."""
    rule: str = style.RULE
    band: str = style.BAND
    """Behind headings; "none" for no band."""
    study: str = style.STUDY
    study_of_events: str = style.STUDY
    """Squares where the arms are counts (RevMan: blue, and green for means)."""
    pooled: str = style.POOLED
    inner: str = style.STUDY
    """Diamonds of second-level strata, lighter than what they add up to."""
    prediction: str = style.PREDICTION
    mid: str = style.MID
    series: tuple[tuple[str, str], ...] = style.SERIES[1:]
    """Marker and colour of further models of one row."""


PLAIN = Palette()
DARK = Palette(
    background="#14181D",
    ink="#ECEFF2",
    soft="#AEB7C1",
    rule="#7E8894",
    band="#222B35",
    study="#7FA8D6",
    study_of_events="#7FA8D6",
    pooled="#D3E4F6",
    inner="#7FA8D6",
    prediction="#F0906F",
    mid="#C9A3E0",
    series=(("s", "#F2A65A"), ("^", "#7CCFBC"), ("D", "#8494AB"), ("v", "#C9A3E0"), ("P", "#A5823C")),
)
BMJ = replace(
    PLAIN, band="none", study="#3F74AE", study_of_events="#3F74AE", pooled="#1B3E6F", inner="#3F74AE"
)
REVMAN = replace(
    PLAIN,
    ink="#000000",
    soft="#000000",
    band="none",
    study="#2E8B57",
    study_of_events="#2B5FB4",
    pooled="#000000",
    inner="#000000",
    prediction="#555555",
)
JAMA = replace(
    PLAIN,
    ink="#000000",
    soft="#3A3A3A",
    band="none",
    study="#4A4A4A",
    study_of_events="#4A4A4A",
    pooled="#000000",
    inner="#4A4A4A",
    prediction="#767676",
    mid="#555555",
    series=(("s", "#9A9A9A"), ("^", "#6E6E6E"), ("D", "#B0B0B0"), ("v", "#2A2A2A"), ("P", "#858585")),
)
JAMA_DARK = replace(
    DARK,
    band="none",
    study="#B8B8B8",
    study_of_events="#B8B8B8",
    pooled="#FFFFFF",
    inner="#B8B8B8",
    prediction="#8C8C8C",
    mid="#A0A0A0",
    series=(("s", "#8A8A8A"), ("^", "#C8C8C8"), ("D", "#7A7A7A"), ("v", "#E4E4E4"), ("P", "#A8A8A8")),
)
