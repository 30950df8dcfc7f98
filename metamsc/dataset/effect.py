"""Effect and variance of one comparison: from its arms' numbers, or from a contrast as reported."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from metamsc.dataset.comparisons import Comparison, Unusable
from metamsc.dataset.in_unit import UnitChange
from metamsc.dataset.numbers import Reader
from metamsc.dataset.rows import ArmNumbers, Derived
from metamsc.dataset.trail import extractor_derivations
from metamsc.dataset.weights import weight_of
from metamsc.effects import Effects, compute_effects, effect_from_contrast, find_measure
from metamsc.effects.recover import Recovered
from metamsc.effects.recover_logs import ratio_of_geometric_means
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError, OptionError
from metamsc.records.model import Arm
from metamsc.records.values import Contrast
from metamsc.vocabulary import ContrastMeasure, StatisticalTest

_MEASURE_OF_CONTRAST = {
    ContrastMeasure.DIFFERENCE: "MD",
    ContrastMeasure.HAZARD_RATIO: "HR",
    ContrastMeasure.RISK_RATIO: "RR",
    ContrastMeasure.ODDS_RATIO: "OR",
}

_STEP = 1e-4
"""Part of a mean by which it is moved to see how the effect follows; its square bounds the error."""


@dataclass(frozen=True, slots=True)
class EffectNumbers:
    """Effect and variance of one comparison, with both sides and how they came about."""

    yi: float
    vi: float
    treatment: ArmNumbers
    control: ArmNumbers
    derived: tuple[Derived, ...]
    notes: tuple[str, ...]


def effect_of_arms(comparison: Comparison, reader: Reader, measure: str) -> EffectNumbers:
    """Return the effect of a comparison from what its arms report.

    Raises
    ------
    Unusable
        If the arms do not give the measure.
    """
    if find_measure(measure).compute is None:
        raise Unusable("measure", f"values per arm, and {measure} is only taken as reported")
    treated, control = reader.read(comparison)
    sides = treated.numbers, control.numbers
    try:
        if sides[0].log_sd is not None:
            yi, vi, steps, notes = _of_geometric_means(sides)
        else:
            yi, vi, steps, notes = _of_means_or_counts(measure, sides)
    except (InputError, OptionError) as error:
        raise Unusable("not-computable", str(error)) from None
    return EffectNumbers(
        yi=yi,
        vi=vi,
        treatment=treated.numbers,
        control=control.numbers,
        derived=(*treated.derived, *control.derived, *steps),
        notes=(*treated.notes, *control.notes, *notes),
    )


_Found = tuple[float, float, tuple[Derived, ...], tuple[str, ...]]


def _of_means_or_counts(measure: str, sides: tuple[ArmNumbers, ArmNumbers]) -> _Found:
    """Return effect, variance, derivations and notes of a measure of means or counts."""
    effects = _compute(measure, sides)
    reading = sum((_slope(measure, sides, i) * (side.reading or 0.0)) ** 2 for i, side in enumerate(sides))
    steps = tuple(Derived(side="effect", text=note, kind="effect") for note in effects.notes[0])
    notes = (*effects.warnings, *_no_events(measure, *sides))
    return float(effects.yi[0]), float(effects.vi[0]) + reading, steps, notes


def _compute(measure: str, sides: tuple[ArmNumbers, ArmNumbers]) -> Effects:
    return compute_effects(measure, **_arguments(measure, sides))


def _slope(measure: str, sides: tuple[ArmNumbers, ArmNumbers], side: int) -> float:
    """Return how much the effect follows the mean of one side; 0 where it was not read off a figure."""
    mean, reading = sides[side].mean, sides[side].reading
    if mean is None or reading is None:
        return 0.0
    step = _STEP * max(abs(mean), reading)
    moved = []
    for value in (mean - step, mean + step):
        there = replace(sides[side], mean=value)
        moved.append(_compute(measure, (there, sides[1]) if side == 0 else (sides[0], there)).yi[0])
    return float(moved[1] - moved[0]) / (2 * step)


def _of_geometric_means(sides: tuple[ArmNumbers, ArmNumbers]) -> _Found:
    """Return the log of the ratio of two geometric means."""
    treat, control = (
        Recovered(MeanSd(math.log(side.mean or 1.0), side.log_sd or 0.0, side.n or 0.0), side.label)
        for side in sides
    )
    ratio = ratio_of_geometric_means(treat, control).value
    reading = sum(((side.reading or 0.0) / (side.mean or 1.0)) ** 2 for side in sides)
    step = Derived(side="effect", text="ratio ← geometric means (Higgins 2008)", kind="geometric")
    return ratio.yi, ratio.sei**2 + reading, (step,), ("ratio of geometric means",)


def _no_events(measure: str, treated: ArmNumbers, control: ArmNumbers) -> tuple[str, ...]:
    """Say that a ratio without any event is made by the constant added to its cells."""
    if treated.events != 0 or control.events != 0 or not find_measure(measure).is_ratio:
        return ()
    note = (
        "no event in either arm: the ratio comes from the constant added and the sizes of the arms alone "
        "(Cochrane Handbook 10.4.4); see the risk difference"
    )
    return (note,)


def _reported_side(arm: Arm, n: int | None) -> ArmNumbers:
    return ArmNumbers(arms=(arm.id,), label=arm.label or arm.id, n=None if n is None else float(n))


def _arguments(measure: str, sides: tuple[ArmNumbers, ArmNumbers]) -> dict[str, Any]:
    """Return the arguments of :func:`compute_effects` that these numbers can give."""
    arguments: dict[str, Any] = {}
    counted = sides[0].events is not None
    by_se = not counted and any(side.n is None for side in sides)
    for name, side in zip(("treat", "control"), sides, strict=True):
        if counted:
            pairs = {"events": side.events, "n": side.n}
        elif by_se:
            if measure not in ("MD", "ROM"):
                raise InputError(f"{measure} needs the number analysed in each arm; it is not printed.")
            pairs = {"mean": side.mean, "se": side.se}
        else:
            pairs = {"mean": side.mean, "sd": side.sd, "n": side.n}
        arguments.update({f"{key}_{name}": value for key, value in pairs.items() if value is not None})
    taken = (*find_measure(measure).inputs, *find_measure(measure).alternative_inputs)
    return {name: value for name, value in arguments.items() if name in taken}


def effect_of_contrast(comparison: Comparison, reader: Reader, measure: str) -> EffectNumbers:
    """Return the effect of a comparison that the study reports as such.

    Raises
    ------
    Unusable
        If it is another measure, has no precision, or cannot be brought to the unit of the analysis.
    """
    contrast = comparison.result.contrast
    assert contrast is not None  # the comparison was made from it  # noqa: S101
    given = _MEASURE_OF_CONTRAST[contrast.measure]
    if given != measure:
        raise Unusable("measure", f"reported as a contrast ({given}); the plan pools {measure}")
    distribution, df, why = quantile_of(contrast)
    try:
        effect = effect_from_contrast(
            measure,
            difference=contrast.difference,
            ratio=contrast.ratio,
            se=contrast.se,
            ci=contrast.ci,
            **_test_of(contrast),
            p=contrast.p,
            p_operator=contrast.p_operator,
            one_sided=contrast.one_sided,
            n_treat=contrast.n_treatment,
            n_control=contrast.n_control,
            distribution=distribution,
            df=df,
        )
    except InputError as error:
        raise Unusable("no-spread", str(error)) from None
    factor, unit_step = _contrast_factor(comparison, reader, measure)
    adjusted = (f"adjusted: {contrast.adjusted_for}",) if contrast.adjusted_for else ()
    return EffectNumbers(
        yi=effect.yi * factor,
        vi=effect.vi * factor**2,
        treatment=_reported_side(comparison.treated[0], contrast.n_treatment),
        control=_reported_side(comparison.control, contrast.n_control),
        derived=(
            *(_step(text, why) for text in effect.derivation),
            *unit_step,
            *extractor_derivations(contrast.derivations, "effect"),
        ),
        notes=(contrast.note or "", *effect.notes, *adjusted),
    )


_NO_DF = frozenset({StatisticalTest.CHI2, StatisticalTest.FISHER, StatisticalTest.MANN_WHITNEY})
"""Tests whose degrees of freedom, if any, are not those of Student's t."""


def quantile_of(contrast: Contrast) -> tuple[str, float | None, str]:
    """Return the distribution behind a contrast's interval or P value, its degrees of freedom, and why.

    Printed degrees of freedom decide. Otherwise the normal one is for ratios and for estimates of models
    (`adjusted_for` is given), Student's t on n₁ + n₂ − 2 for an unadjusted difference of two means.
    """
    if contrast.df is not None and contrast.test not in _NO_DF and contrast.test is not StatisticalTest.Z:
        return "t", contrast.df, "degrees of freedom as printed"
    if contrast.measure is not ContrastMeasure.DIFFERENCE:
        return "z", None, "a ratio"
    if contrast.adjusted_for is not None:
        return "z", None, "adjusted difference"
    if contrast.test is StatisticalTest.Z:
        return "z", None, "z test"
    if not contrast.n_treatment or not contrast.n_control or contrast.n_treatment + contrast.n_control < 3:
        return "z", None, "numbers analysed not printed"
    return "t", None, "unadjusted difference"


def _step(text: str, why: str) -> Derived:
    """Note one step of a contrast; one that takes a quantile says why that one."""
    if "/(2·" in text or " at P = " in text:
        return Derived(side="effect", text=f"{text}, {why}", kind="contrast-quantile")
    return Derived(side="effect", text=text, kind="contrast")


def _test_of(contrast: Contrast) -> dict[str, Any]:
    """Return test and statistic where the statistic gives a standard error."""
    kinds = {
        StatisticalTest.T: "t",
        StatisticalTest.WELCH: "welch",
        StatisticalTest.Z: "z",
        StatisticalTest.F: "f",
        StatisticalTest.CHI2: "chi2",
    }
    found = kinds.get(contrast.test)
    several = contrast.test is StatisticalTest.CHI2 and contrast.df not in (None, 1.0)
    if found is None or contrast.statistic is None or several:
        return {}
    return {"test": found, "statistic": contrast.statistic}


def _contrast_factor(
    comparison: Comparison, reader: Reader, measure: str
) -> tuple[float, tuple[Derived, ...]]:
    """Return what a reported difference is multiplied by to be in the unit of the analysis."""
    levels, unit = reader.levels, comparison.result.unit
    if unit is None or measure != "MD":
        return 1.0, ()
    weights = [weight_of(levels.study, arm) for arm in (*comparison.treated, comparison.control)]
    weight = weights[0] if len(set(weights)) == 1 else None  # one weight, or none: a difference has one unit
    way = UnitChange(levels.outcome, unit, levels.unit, weight)
    factor, kind, text = way.described()
    return factor, (Derived(side="effect", text=text, kind=kind),) if text else ()
