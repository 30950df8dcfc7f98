"""From arm-level arrays to effect sizes and sampling variances; knows nothing of records, units or models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects.inputs import Rows, check_rows, read_rows
from metamsc.effects.measure import BoolArray, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.registry import MEASURES, find_measure
from metamsc.effects.zero_cells import ZERO_CELL_RULES
from metamsc.errors import InputError, OptionError, check_option

ARRAY_ARGUMENTS = tuple(
    dict.fromkeys(
        name for measure in MEASURES.values() for name in (*measure.inputs, *measure.alternative_inputs)
    )
)
"""Every array that some measure needs."""
UNDEFINED_RULES = ("refuse", "missing")
LARGE_SMD = 2.0
"""|SMD| above this is checked for standard errors entered as SDs: the effect is then √n times too large."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effect sizes of k comparisons, with how they were computed.

    Attributes
    ----------
    measure : str
        Code of the measure.
    yi : array of shape (k,), read-only
        Effects on the analysis scale; NaN in rows that are missing (see `notes`).
    vi : array of shape (k,), read-only
        Sampling variances, in the squared unit of `yi`.
    scale : str
        Analysis scale: "raw", "log", "standardised", ...
    variance_formula : VarianceFormula
        Name, text and source of the variance formula used.
    notes : tuple of tuple of str
        What was done to each row ("0.5 added to all cells (zero cell)"); empty for most.
    warnings : tuple of str
        What a reader should check about the rows together.
    """

    measure: str
    yi: FloatArray
    vi: FloatArray
    scale: str
    variance_formula: VarianceFormula
    notes: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...] = ()

    @property
    def sei(self) -> FloatArray:
        """Standard errors, the roots of `vi`."""
        return np.asarray(np.sqrt(self.vi), dtype=np.float64)

    @property
    def usable(self) -> BoolArray:
        """Rows that can be pooled: effect finite, variance finite and above zero."""
        with np.errstate(invalid="ignore"):
            return np.isfinite(self.yi) & np.isfinite(self.vi) & (self.vi > 0)


def compute_effects(
    measure: str,
    *,
    n_treat: ArrayLike | None = None,
    mean_treat: ArrayLike | None = None,
    sd_treat: ArrayLike | None = None,
    se_treat: ArrayLike | None = None,
    events_treat: ArrayLike | None = None,
    time_treat: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
    mean_control: ArrayLike | None = None,
    sd_control: ArrayLike | None = None,
    se_control: ArrayLike | None = None,
    events_control: ArrayLike | None = None,
    time_control: ArrayLike | None = None,
    mean_healthy: ArrayLike | None = None,
    n: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
    mean_post: ArrayLike | None = None,
    sd_post: ArrayLike | None = None,
    mean_pre: ArrayLike | None = None,
    sd_pre: ArrayLike | None = None,
    events: ArrayLike | None = None,
    time: ArrayLike | None = None,
    r: ArrayLike | None = None,
    variance: str | None = None,
    bias_correction: bool = True,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    undefined: str = "refuse",
) -> Effects:
    """Compute effect sizes and sampling variances of one measure for k comparisons.

    Parameters
    ----------
    measure : str
        Code of the measure ("MD", "SMD", "ROM", "RR", "OR", "RD", ...), see ``MEASURES``.
    n_treat, mean_treat, sd_treat, n_control, mean_control, sd_control : array of shape (k,) or number
        Participants, means and SDs of the arms, in one unit.
    se_treat, se_control : array of shape (k,) or number
        Standard errors of the means, for MD, NMD and ROM in place of SD and n.
    events_treat, events_control, time_treat, time_control : array of shape (k,) or number
        Participants with the event (or events), and person-time for rates.
    mean_healthy : array of shape (k,) or number
        Mean of the healthy group, for NMD.
    n, mean, sd, mean_post, sd_post, mean_pre, sd_pre, events, time, r : array of shape (k,) or number
        A single group: mean and SD, before and after with their correlation `r`, counts, or a
        correlation with n.
    variance : str, optional
        Code of the variance formula; the first one listed for the measure when left out.
    bias_correction : bool
        Small-sample bias correction, where the measure has one (SMD family, ROM, CVR, VR).
    add, to, drop00 : float, str, bool
        Constant for empty cells (default by measure: ½ for RR, OR, RD; 0 for AS), the rows it goes
        to ("only0" those with an empty cell, "all", "if0all" all as soon as one has, "none"), and
        whether rows without events (or without non-events) in both arms become missing.
    undefined : str
        "refuse" raises at the first row that has a NaN or for which the measure is undefined;
        "missing" gives NaN there and says why in `notes`.

    Returns
    -------
    Effects
        Arrays of shape (k,), read-only, with the variance formula, notes and warnings.

    Raises
    ------
    OptionError
        If an option has a value that is not offered, or has no meaning for the measure.
    InputError
        If an argument is missing or does not belong, lengths differ, or a value is impossible;
        the message names position and value.
    """
    arguments = dict(locals())  # first, so that it holds the arguments and nothing else
    given = {name: arguments[name] for name in ARRAY_ARGUMENTS if arguments[name] is not None}
    found = find_measure(measure)
    if found.compute is None:
        raise OptionError(f"{measure} is only taken as reported: use effect_from_contrast.")
    check_option("undefined", undefined, UNDEFINED_RULES)
    options = _read_options(found, variance, bias_correction=bias_correction, add=add, to=to, drop00=drop00)
    _check_given(found, given, options)
    rows = read_rows(given, refuse_missing=undefined == "refuse")
    check_rows(found, rows, refuse_undefined=undefined == "refuse")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yi, vi = found.compute(rows, options)
    return _finish(found, rows, options, np.array(yi), np.array(vi), refuse_undefined=undefined == "refuse")


def _read_options(
    measure: Measure, variance: str | None, *, bias_correction: bool, add: float | None, to: str, drop00: bool
) -> Options:
    """Check the options against the measure and fill in its defaults."""
    chosen = measure.variances[0].name if variance is None else variance
    check_option(f"variance of {measure.name}", chosen, [formula.name for formula in measure.variances])
    check_option("to", to, ZERO_CELL_RULES)
    if not measure.has_cells and (add is not None or to != "only0" or drop00):
        raise OptionError(f"add, to and drop00 are for counts; {measure.name} has none.")
    if not measure.has_bias_correction and not bias_correction:
        raise OptionError(f"{measure.name} has no bias correction to leave out.")
    if add is not None and not (np.isfinite(add) and add >= 0):
        raise OptionError(f"add must be a finite number >= 0; got {add!r}.")
    constant = measure.default_add if add is None else float(add)
    return Options(variance=chosen, bias_correction=bias_correction, add=constant, to=to, drop00=drop00)


def _check_given(measure: Measure, given: Mapping[str, ArrayLike], options: Options) -> None:
    """Refuse arguments that are missing, that do not belong, or that say the same thing twice."""
    needed = set(measure.inputs)
    by_se = [name for name in measure.alternative_inputs if name in given]
    if by_se and options.variance != "LS":
        raise InputError(
            f"variance {options.variance!r} needs n and SD in both arms; got {', '.join(by_se)}."
        )
    for name in by_se:
        arm = name.removeprefix("se_")
        if f"sd_{arm}" in given:
            raise InputError(f"give sd_{arm} or {name}, not both.")
        needed -= {f"sd_{arm}", f"n_{arm}"}
        needed.add(name)
    optional = {name for name in measure.inputs if name.startswith("n_")}
    missing = sorted(needed - given.keys())
    foreign = sorted(given.keys() - needed - optional)
    if missing or foreign:
        wanted = ", ".join(measure.inputs)
        instead = f" (or {', '.join(measure.alternative_inputs)})" if measure.alternative_inputs else ""
        problems = [f"missing {', '.join(missing)}"] if missing else []
        problems += [f"not used {', '.join(foreign)}"] if foreign else []
        raise InputError(f"{measure.name} needs {wanted}{instead}; {'; '.join(problems)}.")


def _finish(
    measure: Measure, rows: Rows, options: Options, yi: FloatArray, vi: FloatArray, *, refuse_undefined: bool
) -> Effects:
    """Deal with rows for which the measure is not defined, and freeze the rest."""
    undefined = rows.dropped | ~np.isfinite(yi) | np.isinf(vi) | (vi < 0)
    yi[undefined], vi[undefined] = np.nan, np.nan
    no_variance = ~undefined & ~(vi > 0)
    if refuse_undefined:
        _refuse(measure, rows, (undefined | no_variance) & ~rows.dropped)
    rows.note(undefined & ~rows.dropped, f"{measure.name} is not defined for these values")
    rows.note(no_variance & np.isnan(vi), "the variance cannot be estimated")
    rows.note(no_variance & ~np.isnan(vi), "the estimated variance is zero")
    for array in (yi, vi):
        array.setflags(write=False)
    return Effects(
        measure=measure.name,
        yi=yi,
        vi=vi,
        scale=measure.scale,
        variance_formula=measure.variance_formula(options.variance),
        notes=rows.notes,
        warnings=_warnings(measure, yi),
    )


def _refuse(measure: Measure, rows: Rows, bad: BoolArray) -> None:
    """Raise for the first row of the mask, with its values."""
    if bad.any():
        position = int(np.flatnonzero(bad)[0])
        where = f"at position {position}" if rows.k > 1 else "here"
        raise InputError(
            f"{measure.name} or its variance is not defined {where}: "
            f'{rows.describe(position)}. Leave the row out, or ask for undefined="missing".'
        )


def _warnings(measure: Measure, yi: FloatArray) -> tuple[str, ...]:
    """Say which standardised differences are so large that SDs may be standard errors."""
    if not (measure.uses_sd and measure.scale == "standardised"):
        return ()
    large = np.flatnonzero(np.abs(np.where(np.isfinite(yi), yi, 0.0)) > LARGE_SMD)
    if large.size == 0:
        return ()
    where = f" at positions {', '.join(map(str, large))}" if yi.size > 1 else ""
    return (f"|{measure.name}| > {LARGE_SMD:g}{where}: check that SDs are not standard errors.",)
