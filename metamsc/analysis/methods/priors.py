"""Priors as people write them on a command line or in a plan: "half-normal:0.5", "turner", "normal:0:2".

Only words are turned into priors here; the priors themselves, and where their numbers are from, stand in
``models.bayes``.
"""

from __future__ import annotations

from collections.abc import Callable

from metamsc.errors import InputError, OptionError, quoted
from metamsc.models.bayes.empirical import rhodes_prior, turner_prior
from metamsc.models.bayes.priors import (
    HalfCauchy,
    HalfNormal,
    KnownTau,
    LogNormalVariance,
    LogTVariance,
    NormalPrior,
    TauPrior,
    Uniform,
)

_SCALED: dict[str, tuple[int, Callable[..., TauPrior]]] = {
    "half-normal": (1, HalfNormal),
    "half-cauchy": (1, HalfCauchy),
    "uniform": (1, Uniform),
    "known": (1, KnownTau),
    "log-normal": (2, LogNormalVariance),
    "log-t": (2, LogTVariance),
}
_PUBLISHED: dict[str, Callable[[str | None, str | None], TauPrior]] = {
    "turner": turner_prior,
    "rhodes": rhodes_prior,
}
TAU_PRIORS: dict[str, str] = {
    "half-normal:SCALE": "tau = |z|, z normal with this standard deviation, in the unit of the effects",
    "half-cauchy:SCALE": "tau = |z|, z Cauchy; SCALE is the median of tau",
    "uniform:UPPER": "every tau from 0 to UPPER alike",
    "known:TAU": "tau is this value",
    "log-normal:MEAN:SD": "log(tau2) is normal",
    "log-t:LOCATION:SCALE": "log(tau2) has a t distribution with 5 degrees of freedom",
    "turner[:OUTCOME:COMPARISON]": "published, for log odds ratios (Turner et al. 2015)",
    "rhodes[:OUTCOME:COMPARISON]": "published, for standardised mean differences (Rhodes et al. 2015)",
}
"""How a prior of tau is written -> what it is."""
_EMPIRICAL = {"OR": "turner", "SMD": "rhodes"}


def default_tau_prior(measure: str) -> str | None:
    """Return the published prior of a measure, over all settings; None where there is none."""
    return _EMPIRICAL.get(measure)


def parse_tau_prior(text: str) -> TauPrior:
    """Return the prior of tau that a text names.

    Raises
    ------
    OptionError
        If it is not one of :data:`TAU_PRIORS`, or its numbers do not make a prior; says which.
    """
    family, *rest = (part.strip() for part in text.split(":"))
    if family in _PUBLISHED and len(rest) in (0, 2):
        outcome, comparison = rest or (None, None)
        return _refused(text, lambda: _PUBLISHED[family](outcome, comparison))
    if family in _SCALED and len(rest) == _SCALED[family][0]:
        numbers = [_number(text, part) for part in rest]
        return _refused(text, lambda: _SCALED[family][1](*numbers))
    listed = ", ".join(TAU_PRIORS)
    raise OptionError(f"tau_prior must be one of {listed}; got {quoted(text)}.")


def parse_mu_prior(text: str) -> NormalPrior:
    """Return the prior of mu that a text names: "normal:MEAN:SD".

    Raises
    ------
    OptionError
        If it is not written so, or SD is not above 0.
    """
    family, *rest = (part.strip() for part in text.split(":"))
    if family != "normal" or len(rest) != 2:
        raise OptionError(f"mu_prior must be written normal:MEAN:SD; got {quoted(text)}.")
    mean, sd = (_number(text, part) for part in rest)
    try:
        return NormalPrior(mean, sd)
    except InputError as error:
        raise OptionError(f"mu_prior {quoted(text)}: {error}") from None


def _refused(text: str, make: Callable[[], TauPrior]) -> TauPrior:
    try:
        return make()
    except (InputError, OptionError) as error:
        raise OptionError(f"tau_prior {quoted(text)}: {error}") from None


def _number(text: str, part: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise OptionError(f"{quoted(text)}: {quoted(part)} is not a number.") from None


def prior_words(prior: TauPrior) -> str:
    """Return a prior of tau in words, with its parameters and source."""
    values = prior.to_dict()
    family = str(values["family"])
    source = f", {values['source']}" if values.get("source") else ""
    if "location" in values:
        kind = "log-normal" if family.startswith("log-normal") else f"log-t ({values['df']:g} df)"
        numbers = f"location {values['location']:g} and scale {values['scale']:g}"
        return f"{kind} prior of τ² with {numbers}{source}"
    if family == "known":
        return f"τ fixed at {values['tau']:g}"
    if family == "uniform":
        return f"uniform prior of τ from 0 to {values['upper']:g}"
    return f"{family} prior of τ with scale {values['scale']:.4g}{source}"
