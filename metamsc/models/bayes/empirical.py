"""Published empirical priors of heterogeneity: from Cochrane reviews, for log odds ratios and SMDs.

*Turner et al. (2015)*, Stat Med 34:984-998, Table IV: log-normal priors of tau2 of log odds ratios, by
16 outcome types and 5 comparisons; over all settings log-normal(-2.56, 1.74**2) (p. 993).
*Rhodes et al. (2015)*, J Clin Epidemiol 68:52-60, Table 3: log-t priors (5 degrees of freedom) of tau2
of standardised mean differences outside cancer and respiratory disease, by 8 outcome types and
3 comparisons; over all settings location -3.44, scale 2.59 (section 3.3).

Every number here was read in two packages that carry the tables independently, bayesmeta and rnmamod
(R), and is here only because they agree. Not here, and why:

* Rhodes, mental health, non-pharmacological: both print -3.85, but all other cells of the table are a
  sum of an outcome's and a comparison's part, and that sum is -2.85; a likely misprint.
* Rhodes, cancer: the two packages differ in the signs of two cells. Rhodes, respiratory: other fields.
* Turner et al. (2012), Int J Epidemiol 41:818-827: found in one package only; the 2015 tables
  are by the same authors, from the same reviews, and finer.
"""

from __future__ import annotations

from metamsc.errors import InputError, check_option
from metamsc.models.bayes.priors import LogNormalVariance, LogTVariance

TURNER_2015 = "Turner et al. 2015, Stat Med 34:984-998, Table IV"
RHODES_2015 = "Rhodes et al. 2015, J Clin Epidemiol 68:52-60, Table 3"

TURNER_COMPARISONS = (
    "pharmacological vs control",
    "pharmacological vs pharmacological",
    "non-pharmacological vs control",
    "non-pharmacological vs pharmacological",
    "non-pharmacological vs non-pharmacological",
)
# outcome -> ((mean, sd) of log(tau2) for each of TURNER_COMPARISONS)
_TURNER: dict[str, tuple[tuple[float, float], ...]] = {
    "all-cause mortality": ((-3.95, 1.34), (-4.18, 1.41), (-4.17, 1.55), (-2.92, 1.02), (-3.50, 1.26)),
    "obstetric": ((-3.52, 1.74), (-3.75, 1.79), (-3.74, 1.91), (-2.49, 1.50), (-3.08, 1.68)),
    "cause-specific mortality or major morbidity": (
        (-3.71, 1.74),
        (-3.95, 1.79),
        (-3.93, 1.91),
        (-2.68, 1.51),
        (-3.27, 1.68),
    ),
    "resource use": ((-2.34, 1.74), (-2.58, 1.79), (-2.56, 1.91), (-1.31, 1.50), (-1.90, 1.68)),
    "surgical or device success": ((-2.14, 1.74), (-2.37, 1.79), (-2.36, 1.91), (-1.11, 1.50), (-1.69, 1.68)),
    "withdrawal": ((-2.99, 1.74), (-3.23, 1.79), (-3.21, 1.91), (-1.96, 1.51), (-2.55, 1.68)),
    "structure-related": ((-2.71, 1.74), (-2.94, 1.79), (-2.93, 1.92), (-1.67, 1.51), (-2.26, 1.68)),
    "general physical health": ((-2.29, 1.53), (-2.53, 1.58), (-2.51, 1.72), (-1.26, 1.25), (-1.85, 1.46)),
    "adverse events": ((-1.87, 1.52), (-2.10, 1.58), (-2.10, 1.71), (-0.84, 1.24), (-1.43, 1.45)),
    "infection or new disease": ((-2.49, 1.52), (-2.73, 1.58), (-2.71, 1.71), (-1.46, 1.24), (-2.05, 1.45)),
    "signs or symptoms": ((-2.06, 1.51), (-2.29, 1.58), (-2.28, 1.71), (-1.03, 1.24), (-1.61, 1.45)),
    "pain": ((-1.83, 1.52), (-2.06, 1.58), (-2.05, 1.71), (-0.80, 1.25), (-1.38, 1.45)),
    "quality of life": ((-2.54, 1.54), (-2.78, 1.60), (-2.77, 1.73), (-1.51, 1.27), (-2.10, 1.47)),
    "mental health": ((-2.12, 1.53), (-2.35, 1.60), (-2.34, 1.72), (-1.09, 1.27), (-1.67, 1.47)),
    "biological marker": ((-1.77, 1.52), (-2.00, 1.58), (-1.99, 1.71), (-0.74, 1.24), (-1.33, 1.45)),
    "subjective": ((-2.70, 1.52), (-2.93, 1.58), (-2.92, 1.71), (-1.67, 1.25), (-2.26, 1.45)),
}
TURNER_OUTCOMES = tuple(_TURNER)

RHODES_COMPARISONS = (
    "pharmacological vs control",
    "pharmacological vs pharmacological",
    "non-pharmacological",
)
# outcome -> ((location, scale) of log(tau2) for each of RHODES_COMPARISONS); None: not shipped, see above
_RHODES: dict[str, tuple[tuple[float, float] | None, ...]] = {
    "obstetric": ((-4.13, 2.34), (-4.40, 2.31), (-3.99, 2.11)),
    "resource use": ((-2.55, 2.73), (-2.83, 2.70), (-2.41, 2.57)),
    "structure-related": ((-2.43, 2.50), (-2.70, 2.46), (-2.29, 2.32)),
    "physical health, adverse event, pain or quality of life": ((-3.16, 2.50), (-3.44, 2.44), (-3.02, 2.27)),
    "signs, symptoms, infection or new disease": ((-3.00, 2.50), (-3.27, 2.47), (-2.86, 2.33)),
    "mental health": ((-2.99, 2.16), (-3.27, 2.14), None),
    "biological marker": ((-3.41, 2.83), (-3.68, 2.78), (-3.27, 2.66)),
    "subjective": ((-2.76, 2.58), (-3.03, 2.59), (-2.62, 2.41)),
}
RHODES_OUTCOMES = tuple(_RHODES)


def turner_prior(outcome: str | None = None, comparison: str | None = None) -> LogNormalVariance:
    """Return the prior of tau2 for **log odds ratios** of Turner et al. (2015).

    Parameters
    ----------
    outcome : str, optional
        One of ``TURNER_OUTCOMES``; with neither argument, the prior over all settings.
    comparison : str, optional
        One of ``TURNER_COMPARISONS``; given exactly when `outcome` is.

    Returns
    -------
    LogNormalVariance

    Raises
    ------
    OptionError
        If a value is not in its list.
    InputError
        If only one of the two is given.
    """
    if outcome is None and comparison is None:
        return LogNormalVariance(-2.56, 1.74, source=f"{TURNER_2015} (all settings, p. 993)", measure="OR")
    row = TURNER_COMPARISONS.index(_checked(outcome, comparison, TURNER_OUTCOMES, TURNER_COMPARISONS)[1])
    location, scale = _TURNER[str(outcome)][row]
    return LogNormalVariance(location, scale, source=f"{TURNER_2015}: {outcome}, {comparison}", measure="OR")


def rhodes_prior(outcome: str | None = None, comparison: str | None = None) -> LogTVariance:
    """Return the prior of tau2 for **standardised mean differences** of Rhodes et al. (2015).

    Parameters
    ----------
    outcome : str, optional
        One of ``RHODES_OUTCOMES``; with neither argument, the prior over all settings. HbA1c, glucose and
        C-peptide are a "biological marker".
    comparison : str, optional
        One of ``RHODES_COMPARISONS``; given exactly when `outcome` is.

    Returns
    -------
    LogTVariance

    Raises
    ------
    OptionError
        If a value is not in its list.
    InputError
        If only one of the two is given, or the cell is one whose value could not be verified.
    """
    if outcome is None and comparison is None:
        return LogTVariance(-3.44, 2.59, source=f"{RHODES_2015} (all settings, section 3.3)", measure="SMD")
    row = RHODES_COMPARISONS.index(_checked(outcome, comparison, RHODES_OUTCOMES, RHODES_COMPARISONS)[1])
    cell = _RHODES[str(outcome)][row]
    if cell is None:
        raise InputError(
            f"The prior for {outcome!r}, {comparison!r} is not shipped: the value in circulation "
            "(location -3.85) contradicts the rest of its table. Use rhodes_prior() or give a LogTVariance."
        )
    return LogTVariance(*cell, source=f"{RHODES_2015}: {outcome}, {comparison}", measure="SMD")


def _checked(
    outcome: str | None, comparison: str | None, outcomes: tuple[str, ...], comparisons: tuple[str, ...]
) -> tuple[str, str]:
    if outcome is None or comparison is None:
        missing = "comparison" if comparison is None else "outcome"
        raise InputError(f"outcome and comparison are given together or not at all; {missing} is missing.")
    check_option("outcome", outcome, outcomes)
    check_option("comparison", comparison, comparisons)
    return outcome, comparison
