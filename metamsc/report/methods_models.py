"""The sentences of the methods text about models: how rows were pooled, and what stands beside that.

Only what was done is told, each with its source; keys of works are those of ``references.bib``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.analysis.methods.priors import parse_tau_prior, prior_words
from metamsc.plots.wording import PI_WORDS, TAU2_WORDS, capitalise, percent
from metamsc.report.markdown import escaped
from metamsc.report.spread_words import independent

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.models.results import PooledResult

_TAU2_SOURCES = {
    "REML": "viechtbauer2005; @raudenbush2009",
    "ML": "viechtbauer2005",
    "DL": "dersimonian1986",
    "HE": "hedges1983",
    "SJ": "sidik2005",
    "EB": "morris1983",
    "PM": "paule1982",
}
_CI_SENTENCES = {
    "wald": "Confidence intervals are Wald intervals with normal quantiles.",
    "t": "Confidence intervals use t quantiles with k − 1 degrees of freedom.",
    "hksj": "Confidence intervals are Hartung–Knapp–Sidik–Jonkman intervals [@hartung2001; @sidik2002; "
    "@inthout2014].",
    "hksj-adhoc": "Confidence intervals are Hartung–Knapp–Sidik–Jonkman intervals [@hartung2001; @sidik2002; "
    "@inthout2014], with a standard error never smaller than the model's own [ad hoc correction, @rover2015; "
    "@jackson2017].",
}
_METHODS = {
    "mh": "Results were pooled by the Mantel–Haenszel method: a common effect; nothing was added to "
    "empty cells [@mantel1959].",
    "peto": "Results were pooled by Peto's one-step method: a common odds ratio; nothing was added to "
    "empty cells [@yusuf1985].",
    "glmm": "Results were pooled by a generalised linear mixed model of the counts ({model}), fitted by "
    "maximum likelihood; nothing was added to empty cells [@stijnen2010].",
    "bayes": "Results were pooled by a Bayesian normal–normal model with a {mu} prior of the mean effect and "
    "a {prior}; intervals are equal-tailed credible intervals.",
}
_COUNT_MODELS = {
    "mh": "Mantel–Haenszel [@mantel1959]",
    "peto": "Peto [@yusuf1985]",
    "glmm-cm-el": "a generalised linear mixed model with exact conditional likelihood [@stijnen2010]",
    "beta-binomial": "beta-binomial [@kuss2015]",
}
_PRIOR_SOURCES = {"turner": " [@turner2015]", "rhodes": " [@rhodes2015]", "half-normal": " [@rover2021]"}


def pooling(result: AnalysisResult) -> list[str]:
    """Return how rows were pooled."""
    pooled = [stratum for stratum in result.strata if stratum.pooled.k > 1]
    if not pooled:
        return []
    first = pooled[0]
    if first.details.get("cluster"):
        return _clustered(result, first)
    method = str(first.details.get("method", "inverse-variance"))
    if method == "inverse-variance":
        predicted = any(item.pooled.pi is not None and independent(result, item) for item in pooled)
        return _inverse_variance(pooled[0].pooled, predicted=predicted)
    sentence = _METHODS["glmm" if method.startswith("glmm") else method]
    details = first.details
    model = method.removeprefix("glmm-").replace("-", ".").upper()
    mu, prior = details.get("mu_prior", "flat"), details.get("prior_words", "")
    return [sentence.format(model=model, mu=mu, prior=escaped(prior))]


def _inverse_variance(first: PooledResult, *, predicted: bool) -> list[str]:
    if first.tau2_method == "EE":
        return ["Results were pooled under an equal-effects model.", _CI_SENTENCES.get(first.ci_method, "")]
    source = _TAU2_SOURCES.get(first.tau2_method, "")
    cited = f" [@{source}]" if source else ""
    name = TAU2_WORDS.get(first.tau2_method, first.tau2_method)
    estimated = f"was estimated by {name}{cited}, its interval by the Q-profile method [@viechtbauer2007]."
    sentences = [
        "Results were pooled under a random-effects model.",
        f"The variance of true effects between studies (τ²) {estimated}",
        "I² was computed from τ² [@higgins2002].",
        _CI_SENTENCES.get(first.ci_method, ""),
    ]
    if predicted:
        how = f" ({PI_WORDS[first.pi_method]})" if first.pi_method in PI_WORDS else ""
        riley = "; @riley2011" if first.pi_method == "riley" else ""
        sentences.append(
            f"The {percent(first.level)} prediction interval{how} says where the true effect of a new study "
            f"is to be expected [@higgins2009; @inthout2016{riley}]."
        )
    return sentences


def _clustered(result: AnalysisResult, stratum: Stratum) -> list[str]:
    said = stratum.details["cluster"]
    shared = result.spec.get("model", {}).get("cluster", "cluster")
    return [
        f"Rows that share a {shared} were taken as dependent ({said['working_model']} working model).",
        escaped(said["why"]),
        (
            f"Tests and intervals are cluster-robust ({said['tests']}), so that they hold when that is wrong "
            "[@pustejovsky2022]."
        ),
    ]


def other_models(result: AnalysisResult) -> str:
    """Return what stands beside the planned model without being asked for, and why."""
    sentences = [_bayes(result), _counts(result), _information(result), _regression(result)]
    return " ".join(text for text in sentences if text)


def _bayes(result: AnalysisResult) -> str:
    found = [item for item in result.sensitivity if item.name == "bayes"]
    if not found:
        return " ".join(map(escaped, result.method_notes))
    written = next(text.partition(" = ")[2] for text in found[0].changed if "tau_prior" in text)
    family = written.split(":")[0]
    prior = escaped(prior_words(parse_tau_prior(written)))
    text = (
        "Two to four studies cannot tell how much true effects differ [@bender2018; @friede2017]. Beside "
        "the planned analysis of so few studies stands a Bayesian one with a flat prior for the mean effect "
        f"and a {prior}{_PRIOR_SOURCES.get(family, '')}"
    )
    if any(item.name == "bayes-wide" for item in result.sensitivity):
        text += "; that scale is the minimal important difference, and half and twice of it were used as well"
    return f"{text}."


def _counts(result: AnalysisResult) -> str:
    names = [name for name in _COUNT_MODELS if any(item.name == name for item in result.sensitivity)]
    if not names:
        return ""
    listed = ", ".join(_COUNT_MODELS[name] for name in names)
    return (
        "Since some arms have fewer than five events, or fewer than five participants without one, the data "
        f"were also analysed by models that take the counts as they are: {listed}."
    )


def _information(result: AnalysisResult) -> str:
    if not result.information:
        return ""
    return (
        "Power to find the minimal important difference was computed with τ² taken as known [@hedges2001]. "
        "The optimal information size is that of one adequately powered trial [@guyatt2011]; the required "
        "one adds diversity [@wetterslev2009]."
    )


def _regression(result: AnalysisResult) -> str:
    if not result.regressions:
        return ""
    formula = result.regressions[0].formula
    return f"{capitalise('a meta-regression')} on `{formula}` was planned, group by group."
