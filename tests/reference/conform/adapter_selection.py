"""``selmodel`` -> `selection_model`.

The reference fits with any number of studies, so every call here is forced. Three things it does
differently are known, and each is checked to be all there is to a case: it searches from one start, at the
fit without selection; its integrals have a relative error of up to 1.2e-4, which its numerical Hessian
amplifies; and at tau2 = 0 it differentiates across the bound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import chdtrc

from metamsc.models.inputs import check_design
from metamsc.sensitivity.selection import selection_model
from metamsc.sensitivity.selection_fit import fit_selection
from metamsc.sensitivity.selection_form import checked_form
from metamsc.sensitivity.selection_result import SelectionModel

from .adapter_bias import refuse_unknown
from .adapter_rma import RmaFit, text_of
from .compare import Answer, Difference
from .r_eval import Adapter, Arguments
from .r_values import NotSupportedError, numeric

KINDS = {"stepfun": "step", "step": "step", "beta": "beta", "halfnorm": "half-normal",
         "negexp": "negative-exponential", "logistic": "logistic", "power": "power",
         "negexppow": "negative-exponential-power", "trunc": "truncation"}  # fmt: skip
PRECISIONS = {"sei": "se", "vi": "variance"}
ALTERNATIVES = {"greater": "greater", "less": "less", "two.sided": "two-sided"}
# Of the reference files: parameters 1e-4, likelihood 1e-7, likelihood-ratio test 1e-6; the beta model 1e-3,
# and so the other model with two parameters, along whose ridge its rough integrals let the search stop.
PARAMETERS, LIKELIHOOD, RATIO, TWO_PARAMETERS = 1e-4, 1e-7, 1e-6, 1e-3
# Relative error that the reference asks of each study's integral.
INTEGRAL = float(np.finfo(np.float64).eps) ** 0.25
# Where the reference's search stops, in standard errors: sqrt(2 * 1e-10 (1 + log-likelihood)) by nlminb's
# relative tolerance; with integrals of that error, which are not smooth, further away.
STOPS, STOPS_ROUGH = 1e-10, 2e-4
# tau2 that the reference's search (on the logarithm) may stop at where ours is 0, beside the variances.
NEARLY_ZERO = 1e-6
LOWER_MAXIMUM = "the reference's search, from one start, ends in a lower maximum of the likelihood than ours"
ROUGH_HESSIAN = (
    "standard errors: the reference differentiates integrals of a relative error of 1e-4 numerically; point "
    "estimates and likelihood agree"
)
ACROSS_THE_BOUND = (
    "standard errors: at tau2 = 0 the reference differentiates numerically across the bound; point estimates "
    "and likelihood agree"
)
ACROSS_THE_BOUND_OF_DELTA = (
    "standard errors: delta is 0, its bound, across which the reference differentiates"
)
AT_THE_BOUND = "tau2 is 0: a boundary has no normal standard error"
_BY_SE = ("se", "zval", "pval", "ci.lb", "ci.ub", "se.tau2", "ci.lb.tau2", "ci.ub.tau2", "QM", "QMp",
          "se.delta", "zval.delta", "pval.delta", "ci.lb.delta", "ci.ub.delta")  # fmt: skip


def selmodel(arguments: Arguments) -> Answer:
    """Answer a call of ``selmodel``."""
    bound = arguments.bind("x", "type")
    known = {"x", "type", "alternative", "steps", "delta", "prec", "control", "digits"}
    refuse_unknown("selmodel", bound, known)
    env = arguments.env
    fit = env.evaluate(bound["x"])
    if not isinstance(fit, RmaFit):
        raise NotSupportedError(f"selmodel of a fit of kind {type(fit).__name__}")
    if {"weights", "tau2"} & set(fit.options) or fit.options["tau2_method"] not in ("ML", "EE"):
        raise NotSupportedError(
            "selmodel of a fit by another method than ML or EE, with weights or a given tau2"
        )
    kind = text_of(env, bound, "type", "stepfun")
    if kind not in KINDS:
        raise NotSupportedError(f"selmodel of type {kind}")
    options: dict[str, Any] = {
        "kind": KINDS[kind],
        "alternative": ALTERNATIVES[text_of(env, bound, "alternative", "greater")],
        "tau2_method": fit.options["tau2_method"],
        "level": fit.options["level"],
        **fit.kwargs,
    }
    if "steps" in bound and kind != "beta":  # the reference ignores them there, with a warning
        steps = numeric(env.evaluate(bound["steps"])).tolist()
        options |= {"cutoff": steps[0]} if kind == "trunc" else {"steps": steps}
    if "prec" in bound and kind not in ("beta", "stepfun", "trunc"):
        precision = text_of(env, bound, "prec", "sei")
        if precision not in PRECISIONS:
            raise NotSupportedError(f"selmodel with prec={precision}: a fit keeps no sample sizes here")
        options["precision"] = PRECISIONS[precision]
    if "delta" in bound:
        given = numeric(env.evaluate(bound["delta"])).tolist()
        options["delta"] = [None if np.isnan(value) else value for value in given]
    model = selection_model(fit.y, fit.v, force=True, **options)
    if kind == "stepfun" and "prec" in bound:
        raise NotSupportedError("selmodel of a step function with a precision, undocumented in the reference")
    if any("is 0, and not estimated" in warning for warning in model.warnings):
        raise NotSupportedError("an interval without studies, which stops the reference")
    return _answer(model, fit)


def _answer(model: SelectionModel, fit: RmaFit) -> Answer:
    step, at_zero = model.kind in ("step", "truncation"), model.tau2_method == "ML" and model.tau2 == 0.0
    fine = {"logLik": LIKELIHOOD, "ll": LIKELIHOOD, "dev": LIKELIHOOD, "AIC": LIKELIHOOD, "BIC": LIKELIHOOD,
            "AICc": LIKELIHOOD, "LRT": RATIO, "LRTp": RATIO}  # fmt: skip
    two = model.kind in ("beta", "negative-exponential-power")
    answer = Answer(_fields(model), TWO_PARAMETERS if two else PARAMETERS)
    answer.finer = {} if model.kind == "beta" else fine
    nearly = NEARLY_ZERO * float(fit.v.mean())
    answer.bounds = lambda: (_moved(model, -1.0, nearly), _moved(model, 1.0, nearly))
    local = _from_one_start(model, fit)
    differences = [Difference(ROUGH_HESSIAN, fields=lambda: _without_errors(model))] if not step else []
    if at_zero:
        answer.empty = dict.fromkeys(("se.tau2", "ci.lb.tau2", "ci.ub.tau2"), AT_THE_BOUND)
        differences.append(Difference(ACROSS_THE_BOUND, fields=lambda: _without_errors(model)))
    if any(w.value == 0.0 and not w.is_fixed for w in model.parameters):
        differences.append(Difference(ACROSS_THE_BOUND_OF_DELTA, fields=lambda: _without_errors(model)))
    if local.loglik < model.loglik - 1e-6:
        differences.append(Difference(LOWER_MAXIMUM, fields=lambda: _without_errors(local)))
    answer.known = tuple(differences)
    return answer


def _from_one_start(model: SelectionModel, fit: RmaFit) -> SelectionModel:
    given = [parameter.value if parameter.is_fixed else None for parameter in model.parameters]
    form = checked_form(
        fit.v,
        kind=model.kind,
        alternative=model.alternative,
        steps=model.steps or None,
        cutoff=model.cutoff,
        delta=given,
        precision=model.precision,
        n_total=None,
    )
    return fit_selection(
        fit.y,
        fit.v,
        form,
        design=check_design(fit.kwargs.get("X"), fit.kwargs.get("names"), fit.y.size),
        tau2_method=model.tau2_method,
        level=model.level,
        several_starts=False,
    )


def _without_errors(model: SelectionModel) -> dict[str, Any]:
    return {name: value for name, value in _fields(model).items() if name not in _BY_SE}


def _moved(model: SelectionModel, sign: float, nearly: float) -> dict[str, Any]:
    """Return estimates and likelihood where the reference's search and integrals may have left them."""
    smooth = model.kind not in ("step", "truncation")
    rough = sign * model.k * INTEGRAL if smooth else 0.0
    share = sign * (STOPS_ROUGH if smooth else float(np.sqrt(2.0 * STOPS * (1.0 + abs(model.loglik)))))
    shift = {name: getattr(model, name) - 2.0 * rough for name in ("aic", "bic", "aicc")}
    fields = _fields(replace(model, loglik=model.loglik + rough, **shift))
    kept = {name: fields[name] for name in ("logLik", "LRT", "LRTp", "fit.stats")}
    beta = [c.estimate + share * c.se for c in model.coefficients]
    delta = [w.value + share * (w.se or 0.0) for w in model.parameters]
    zval = [(c.estimate + share * c.se) / c.se for c in model.coefficients]
    zval_delta = [
        None if w.se is None else (w.value + share * w.se - w.null) / w.se for w in model.parameters
    ]
    tau2 = max(0.0, model.tau2 + (sign * nearly if model.tau2_se is None else share * model.tau2_se))
    return {**kept, "beta": beta, "delta": delta, "zval": zval, "zval.delta": zval_delta, "tau2": tau2}


def _fields(model: SelectionModel) -> dict[str, Any]:
    """Return the result in the reference's names."""
    many, weights = model.coefficients, model.parameters
    ratio = max(0.0, 2.0 * (model.loglik - model.unselected_loglik))
    fields: dict[str, Any] = {
        "beta": list(model.estimates),
        "se": [c.se for c in many],
        "zval": [c.statistic for c in many],
        "pval": [c.p for c in many],
        "ci.lb": [c.ci.low for c in many],
        "ci.ub": [c.ci.high for c in many],
        "tau2": model.tau2,
        "se.tau2": model.tau2_se,
        "ci.lb.tau2": None if model.tau2_ci is None else model.tau2_ci.low,
        "ci.ub.tau2": None if model.tau2_ci is None else model.tau2_ci.high,
        "delta": [w.value for w in weights],
        "se.delta": [w.se for w in weights],
        "zval.delta": [w.statistic for w in weights],
        "pval.delta": [w.p for w in weights],
        "ci.lb.delta": [None if w.ci is None else w.ci.low for w in weights],
        "ci.ub.delta": [None if w.ci is None else w.ci.high for w in weights],
        "LRT": ratio,
        "LRTdf": model.lrt_df,
        "LRTp": float(chdtrc(model.lrt_df, ratio)) if model.lrt_df else None,
        "k": model.k,
        "logLik": model.loglik,
        "fit.stats": {
            "ML": {
                "ll": model.loglik,
                "dev": -2.0 * model.loglik,
                "AIC": model.aic,
                "BIC": model.bic,
                "AICc": model.aicc,
            }
        },
    }
    if model.k_per_interval:
        fields["ptable_k"] = list(model.k_per_interval)
    if model.QM is not None:
        fields |= {"QM": model.QM.statistic, "QMp": model.QM.p}
    elif len(many) == 1 and many[0].statistic is not None:
        fields |= {"QM": many[0].statistic ** 2, "QMp": many[0].p}
    return fields


def register(adapters: dict[str, Adapter]) -> None:
    """Add what this module answers."""
    adapters["selmodel"] = selmodel
