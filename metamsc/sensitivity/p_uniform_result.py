"""Result of p-uniform*: frozen, with the sentences that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.models.results import Interval

CAVEAT = (
    "p-uniform* allows for selection by significance only: results chosen or dropped for another reason, or "
    "pushed below the threshold, bias it. With few significant or few other results it is very uncertain."
)
ONE_KIND = "All results are {kind}: the estimate rests on the shape of one tail alone."
EMPTY = "The interval of the effect has no {end} end: the likelihood never falls far enough."


@dataclass(frozen=True, slots=True, kw_only=True)
class PUniform:
    """The pooled effect, allowing for selection by significance.

    Attributes
    ----------
    k, k_significant : int
    estimate, tau2 : float
    ci : Interval
        By profile likelihood; an end is infinite where the likelihood never falls far enough.
    tau2_ci : Interval
        Likewise, cut off at 0.
    effect_lrt, effect_p : float
        Likelihood-ratio test of no effect, two-sided.
    tau2_lrt, tau2_p : float
        Of no heterogeneity (half of chi-square on 1 degree of freedom, the value being at its bound).
    bias_lrt, bias_p : float
        Of no selection: the plain maximum-likelihood estimate under this likelihood, on 1 degree of
        freedom for the effect and, where tau2 is not 0 in both, 1 for tau2.
    bias_df : int
    plain_estimate, plain_tau2 : float
        By maximum likelihood without selection.
    warnings : tuple of str
    """

    k: int
    k_significant: int
    estimate: float
    ci: Interval
    tau2: float
    tau2_ci: Interval
    effect_lrt: float
    effect_p: float
    tau2_lrt: float
    tau2_p: float
    bias_lrt: float
    bias_df: int
    bias_p: float
    plain_estimate: float
    plain_tau2: float
    warnings: tuple[str, ...] = (CAVEAT,)
