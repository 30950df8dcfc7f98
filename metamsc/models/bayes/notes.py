"""What a reader must know beside a Bayesian result, in sentences. Text only; decides nothing."""

from __future__ import annotations

from metamsc.models.bayes.priors import (
    HalfCauchy,
    KnownTau,
    LogNormalVariance,
    LogTVariance,
    TauPrior,
    Uniform,
)

_ACCURATE = 1e-8
# Bender et al. (2018) call 2 to 4 studies very few.
_FEW = 4


def bayes_notes(*, k: int, measure: str, prior: TauPrior, moments: int, error: float) -> tuple[str, ...]:
    """Return the warnings of one result, most important first."""
    found: list[str] = []
    if isinstance(prior, KnownTau):
        found.append(f"tau was fixed at {prior.tau:g}, not estimated; its uncertainty is in no interval.")
    else:
        found += _about_few_studies(k, prior)
    if moments < 2:
        what = "The mean and standard deviation" if moments == 0 else "The standard deviation"
        found.append(
            f"{what} of tau, and of what depends on it, would be infinite with this prior and k = {k}, "
            "and is left out where it is; medians and intervals are finite."
        )
    asked = prior.measure if isinstance(prior, (LogNormalVariance, LogTVariance)) else None
    if asked is not None and measure != asked:
        found.append(
            f"The prior of tau was derived for the measure {asked}, and these effects are {measure}: "
            "its scale may not fit."
        )
    if error > _ACCURATE:
        found.append(f"The quadrature guarantees a relative error of {error:.0e} only.")
    return tuple(found)


def _about_few_studies(k: int, prior: TauPrior) -> list[str]:
    if k == 1:
        text = (
            "k = 1: nothing was pooled and the data say nothing about heterogeneity; the intervals add the "
        )
        return [f"{text}prior of tau to the study's own standard error."]
    if k > _FEW:
        return []
    text = (
        f"k = {k}: so few studies say little about heterogeneity, and the prior of tau carries much of the "
    )
    text += "result. Justify its scale, and show the result under a narrower and a wider one (Bender 2018; "
    found = [f"{text}Röver 2021)."]
    if isinstance(prior, (HalfCauchy, Uniform)):
        text = f"k = {k}: with a heavy-tailed or flat prior of tau, implausibly large heterogeneity keeps "
        text += "weight and intervals become very wide; a half-normal of plausible scale is the usual choice "
        found.append(f"{text}for few studies (Friede 2017; Röver 2021).")
    return found
