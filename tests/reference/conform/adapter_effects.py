"""``escalc`` -> ``compute_effects``; back-transformations -> ``back_transform``."""

from __future__ import annotations

from typing import Any

import numpy as np

from metamsc.effects import MEASURES, compute_effects
from metamsc.models.pool import pool

from .compare import CLOSED_FORM, Answer, Difference
from .r_eval import Arguments
from .r_parser import Node
from .r_values import NotSupportedError, as_vector, numeric, scalar

# Our argument: the reference's names for it; a tuple of two is a sum (ai + bi).
_INPUTS: dict[str, tuple[str | tuple[str, str], ...]] = {
    "n_treat": ("n1i", ("ai", "bi")),
    "n_control": ("n2i", ("ci", "di")),
    "mean_treat": ("m1i",),
    "mean_control": ("m2i",),
    "sd_treat": ("sd1i",),
    "sd_control": ("sd2i",),
    "events_treat": ("ai", "x1i"),
    "events_control": ("ci", "x2i"),
    "time_treat": ("t1i",),
    "time_control": ("t2i",),
    "events": ("xi",),
    "n": ("ni", ("xi", "mi")),
    "time": ("ti",),
    "r": ("ri",),
    "mean_post": ("m1i",),
    "mean_pre": ("m2i",),
    "sd_post": ("sd1i",),
    "sd_pre": ("sd2i",),
}
UCOR_DIFFERENCE = Difference(
    "the reference integrates 2F1 of UCOR numerically, up to 6e-4 off; ours equals its power series",
    at_most=1e-3,
)
OLD_NAMES = {"OR2D": "OR2DL", "D2OR": "D2ORL"}
# Nelder and Mead's search with the reference's default tolerance, in units of the correlation.
SEARCH_OF_RTET = 3e-5
# The first SD of these is that of the raw scores the change is standardised by: the one before.
_SD_PRE_FIRST = {"SMCR", "SMCRH"}
_KNOWN = {"measure", "data", "vtype", "add", "to", "drop00", "correct", "append", "slab", "replace"}
_NAMES = {
    name for sources in _INPUTS.values() for s in sources for name in ([s] if isinstance(s, str) else s)
}


def effects_of(bound: dict[str, Node], arguments: Arguments) -> Any:
    """Return our Effects for the arguments of an ``escalc`` (or of an ``rma`` with raw data)."""
    env = arguments.env
    frame = env.evaluate(bound["data"]) if "data" in bound else None
    inner = env.within(frame)
    measure = str(as_vector(inner.evaluate(bound["measure"]))[0])
    measure = OLD_NAMES.get(measure, measure)
    if measure not in MEASURES:
        raise NotSupportedError(f"measure {measure}")
    given = {name: numeric(inner.evaluate(node)) for name, node in bound.items() if name in _NAMES}
    values = {name: _input(measure, name, given) for name in MEASURES[measure].inputs}
    options: dict[str, Any] = {}
    if "vtype" in bound:
        options["variance"] = str(as_vector(inner.evaluate(bound["vtype"]))[0])
    if "add" in bound:
        options["add"] = scalar(inner.evaluate(bound["add"]))
    if "to" in bound:
        options["to"] = str(as_vector(inner.evaluate(bound["to"]))[0])
    if "drop00" in bound:
        options["drop00"] = bool(as_vector(inner.evaluate(bound["drop00"]))[0])
    if "correct" in bound:
        options["bias_correction"] = bool(as_vector(inner.evaluate(bound["correct"]))[0])
    return compute_effects(measure, **values, **options, undefined="missing")


def _input(measure: str, name: str, given: dict[str, Any]) -> Any:
    if measure in _SD_PRE_FIRST and name in ("sd_pre", "sd_post"):
        name = "sd_post" if name == "sd_pre" else "sd_pre"
    for source in _INPUTS.get(name, ()):
        parts = (source,) if isinstance(source, str) else source
        if all(part in given for part in parts):
            return sum(given[part] for part in parts)
    raise NotSupportedError(f"{measure} needs {name}")


def _by_series(r: float, n: float) -> float:
    """Return r 2F1(1/2, 1/2; (n-2)/2; 1 - r**2) by its power series, a check of the library function."""
    j = np.arange(200_000.0)
    ratios = (0.5 + j) ** 2 / (((n - 2.0) / 2.0 + j) * (1.0 + j)) * (1.0 - r**2)
    return r * (1.0 + float(np.cumprod(ratios).sum()))


def _known(
    measure: str, effects: Any, bound: dict[str, Node], arguments: Arguments
) -> tuple[Difference, ...]:
    """Return the differences of the reference that this measure may show."""
    if measure != "UCOR" or "vtype" in bound:
        return (UCOR_DIFFERENCE,) if measure == "UCOR" else ()
    inner = arguments.env.within(arguments.env.evaluate(bound["data"]) if "data" in bound else None)
    r, n = (numeric(inner.evaluate(bound[name])) for name in ("ri", "ni"))
    checked = [(_by_series(a, b), y) for a, b, y in zip(r, n, effects.yi, strict=True) if b > 6 and a != 0.0]
    ours_is_right = all(abs(series / y - 1.0) < 1e-9 for series, y in checked)
    return (UCOR_DIFFERENCE,) if ours_is_right else ()


def escalc(arguments: Arguments) -> Answer:
    """Answer a call of ``escalc``."""
    bound = arguments.bind("measure")
    if "measure" not in bound:
        return _given(bound, arguments)
    unknown = set(bound) - _KNOWN - _NAMES
    if unknown:
        raise NotSupportedError(f"escalc({', '.join(sorted(unknown))}=)")
    effects = effects_of(bound, arguments)
    fields = {"yi": _column(effects.yi), "vi": _column(effects.vi)}
    if effects.measure == "RTET":
        return _tetrachoric(effects, fields)
    return Answer(fields, CLOSED_FORM, known=_known(effects.measure, effects, bound, arguments))


def _given(bound: dict[str, Node], arguments: Arguments) -> Answer:
    """Answer a call that only names given effects: ours needs none, and refuses a variance below 0."""
    if set(bound) - {"yi", "vi", "data"}:
        raise NotSupportedError("escalc of given effects with options")
    inner = arguments.env.within(arguments.env.evaluate(bound["data"]) if "data" in bound else None)
    y, v = (numeric(inner.evaluate(bound[name])) for name in ("yi", "vi"))
    pool(y, v)
    return Answer({"yi": _column(y), "vi": _column(v)}, CLOSED_FORM)


def _tetrachoric(effects: Any, fields: dict[str, Any]) -> Answer:
    """Compare within what the reference's search, which stops at 1e-8 of the likelihood, leaves open."""

    def moved(by: float) -> dict[str, Any]:
        yi, vi = (np.array(x) for x in (effects.yi, effects.vi))
        inside = np.abs(yi) < 1.0
        return {
            "yi": _column(np.where(inside, yi + by * SEARCH_OF_RTET, yi)),
            "vi": _column(vi * (1.0 + 10.0 * by * SEARCH_OF_RTET)),
        }

    answer = Answer(fields, CLOSED_FORM, bounds=lambda: (moved(-1.0), moved(1.0)))
    if (np.abs(effects.yi) == 1.0).any():
        answer.empty = {
            "vi": "a correlation of 1 or -1 has no variance; the reference's is rounding at a bound"
        }
    return answer


def _column(values: Any) -> list[float | None]:
    return [None if np.isnan(x) else float(x) for x in values]
