"""What shows how far a result hangs on single studies, and what is read off a fit besides.

``leave1out``, ``cumul``, ``influence``, ``rstandard``, ``rstudent``, ``hatvalues``, ``cooks.distance``,
``dfbetas``, ``baujat``, ``radial``, ``blup``, ``ranef``, ``hc``, ``permutest`` of ``rma`` fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from metamsc.models.henmi_copas import henmi_copas
from metamsc.models.permutation import permutation_test
from metamsc.models.pool import pool
from metamsc.models.shrinkage import ShrunkenEffect, random_effects, shrink_effects
from metamsc.sensitivity.coordinates import baujat_coordinates, radial_coordinates
from metamsc.sensitivity.cumulative import cumulative, leave_one_out
from metamsc.sensitivity.influence import measure_influence
from metamsc.sensitivity.residuals import Residual, standardised_residuals, studentised_residuals
from metamsc.sensitivity.subsets import Refits

from .adapter_after import _transformed
from .adapter_rma import CLOSED_METHODS, ROOT_TOLERANCE, RmaFit, control_setting, level_of
from .compare import CLOSED_FORM, Answer
from .r_eval import Adapter, Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, as_vector, numeric, scalar

Reader = Callable[[RmaFit, dict[str, Node], Env], dict[str, Any]]
Shifted = Callable[[RmaFit, dict[str, Node], Env, float], dict[str, Any]]

_QUIET = {"digits", "progbar"}
_STEPS = 10.0
# What a deletion changes is a difference of two fits: it loses digits that both have.
OF_DIFFERENCES = 1e-7
NO_INTERCEPT = "deletions without an intercept: the reference centres the effects of each subset"


def adapter_of(read: Reader, *known: str, shifted: Shifted | None = None) -> Adapter:
    """Return the adapter of a function of an ``rma`` fit; `known` are its arguments.

    `shifted` gives the fields with every tau2 moved by a number of the reference's convergence tolerances.
    """

    def adapter(arguments: Arguments) -> Answer:
        first = "x" if any(name == "x" for name, _ in arguments.items) else "model"
        bound = arguments.bind(first)
        unknown = set(bound) - {first, *known} - _QUIET
        if unknown:
            raise NotSupportedError(f"argument {', '.join(sorted(unknown))}")
        fit = arguments.env.evaluate(bound[first])
        if not isinstance(fit, RmaFit):
            raise NotSupportedError(f"a fit of kind {type(fit).__name__}")
        if fit.design is not None and not fit.design.has_intercept:
            raise NotSupportedError(NO_INTERCEPT)
        env = arguments.env
        answer = Answer(
            read(fit, bound, env),
            fit.tolerance,
            known=fit.known(lambda other: read(other, bound, env)),
            finer=_deletion_tolerances(fit),
        )
        answer.empty = {"z": "a study that a coefficient fits alone has no residual to standardise"}
        if fit.slack and shifted is not None:
            move = shifted
            answer.bounds = lambda: (move(fit, bound, env, -1.0), move(fit, bound, env, 1.0))
        return answer

    return adapter


def _deletion_tolerances(fit: RmaFit) -> dict[str, float]:
    if fit.result.tau2_method in CLOSED_METHODS:
        return {}
    names = ("dffits", "cook.d", *(f"dfbs.{name}" for name in fit.coef_names()))
    return dict.fromkeys(names, max(fit.tolerance, OF_DIFFERENCES))


def _options(fit: RmaFit, *left_out: str) -> dict[str, Any]:
    """Return the fit's options and design as arguments; those a function does not know must not be set."""
    options = {name: value for name, value in fit.options.items() if name not in left_out}
    if "weights" in options and "weights" in left_out:
        raise NotSupportedError("weights")
    return options | fit.kwargs


def _without_weights(fit: RmaFit, *left_out: str) -> dict[str, Any]:
    if "weights" in fit.options:
        raise NotSupportedError("influence under the user's own weights")
    return _options(fit, *left_out)


def _of_whole_fit(read: Reader) -> Shifted:
    """Return the shift of what hangs on a single tau2."""
    return lambda fit, bound, env, by: read(fit.shifted(by), bound, env)


def _table(refits: Refits) -> dict[str, Any]:
    """Return one column per quantity, as ``leave1out`` and ``cumul`` give them."""
    rows = refits.rows
    columns = {"estimate": "estimate", "se": "se", "zval": "statistic", "tval": "statistic", "pval": "p",
               "pvals": "p", "Q": "Q", "Qp": "Q_p", "tau2": "tau2", "I2": "I2", "H2": "H2"}  # fmt: skip
    fields = {name: [None if r is None else getattr(r, ours) for r in rows] for name, ours in columns.items()}
    fields["ci.lb"] = [None if r is None else r.ci.low for r in rows]
    fields["ci.ub"] = [None if r is None else r.ci.high for r in rows]
    return fields


def _with_transformation(
    fields: dict[str, Any], fit: RmaFit, bound: dict[str, Node], env: Env
) -> dict[str, Any]:
    if "transf" not in bound:
        return fields
    moved = {name: fields[name] for name in ("estimate", "ci.lb", "ci.ub")}
    return fields | _transformed(moved, fit, bound, env) | {"se": [None] * len(fields["se"])}


def _leave1out(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    if fit.design is not None:
        raise NotSupportedError("leave1out with moderators")
    return _with_transformation(_table(leave_one_out(fit.y, fit.v, **_options(fit))), fit, bound, env)


def _cumul(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    if fit.design is not None:
        raise NotSupportedError("cumul with moderators")
    order = numeric(env.evaluate(bound["order"])) if "order" in bound else None
    refits = cumulative(fit.y, fit.v, order=order, **_options(fit))
    return _with_transformation(_table(refits), fit, bound, env)


def _subsets_shifted(subsets_of: Callable[[int, Any], list[Any]]) -> Shifted:
    """Return the shift of a table of refits: each with its own tau2 moved."""

    def shifted(fit: RmaFit, bound: dict[str, Node], env: Env, by: float) -> dict[str, Any]:
        order = numeric(env.evaluate(bound["order"])) if "order" in bound else np.arange(fit.y.size)
        rows = []
        for chosen in subsets_of(fit.y.size, np.argsort(order, kind="stable")):
            y, v = fit.y[chosen], fit.v[chosen]
            options = dict(fit.options)
            if "weights" in options:
                options["weights"] = options["weights"][chosen]
            tau2 = pool(y, v, **options).heterogeneity.tau2
            if y.size > 1:
                options["tau2"] = max(0.0, tau2 + by * fit.slack)
            rows.append(pool(y, v, **options))
        names = {"estimate": "estimate", "se": "se", "zval": "statistic", "tval": "statistic", "pval": "p",
                 "pvals": "p"}  # fmt: skip
        fields = {name: [getattr(r, ours) for r in rows] for name, ours in names.items()}
        fields |= {name: [getattr(r.heterogeneity, name) for r in rows] for name in ("tau2", "I2", "H2")}
        fields |= {"ci.lb": [r.ci.low for r in rows], "ci.ub": [r.ci.high for r in rows]}
        return _with_transformation(fields, fit, bound, env)

    return shifted


def _all_but_one(k: int, order: Any) -> list[Any]:
    return [np.delete(np.arange(k), i) for i in range(k)]


def _beginnings(k: int, order: Any) -> list[Any]:
    return [order[: n + 1] for n in range(k)]


def _influence_shifted(fit: RmaFit, bound: dict[str, Node], env: Env, by: float) -> dict[str, Any]:
    """Return the only field that is a tau2, moved; the others must agree as they are.

    Fisher scoring stops when a step is as small as the tolerance; where it converges slowly the rest of the
    way is several such steps.
    """
    tau2 = _influence(fit, bound, env)["tau2.del"]
    return {"tau2.del": [None if x is None else max(0.0, x + by * _STEPS * fit.slack) for x in tau2]}


def _influence(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    rows = measure_influence(fit.y, fit.v, **_without_weights(fit, "level")).rows
    names = {"rstudent": "rstudent", "dffits": "dffits", "cook.d": "cooks_distance", "cov.r": "cov_ratio",
             "tau2.del": "tau2_deleted", "QE.del": "Q_deleted", "hat": "hat", "weight": "weight_percent",
             "is.infl": "is_influential"}  # fmt: skip
    fields: dict[str, Any] = {name: [getattr(r, ours) for r in rows] for name, ours in names.items()}
    fields["dfbs"] = {
        name: [None if r.dfbetas is None else r.dfbetas[j] for r in rows]
        for j, name in enumerate(fit.coef_names())
    }
    return fields


def _one_of_influence(field: str, name: str) -> Reader:
    def read(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
        value = _influence(fit, bound, env)[field]
        return value if isinstance(value, dict) else {name: value}

    return read


def _residuals(rows: Sequence[Residual | None]) -> dict[str, Any]:
    names = {"resid": "residual", "se": "se", "z": "z"}
    return {name: [None if r is None else getattr(r, ours) for r in rows] for name, ours in names.items()}


def _rstandard(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    return _residuals(standardised_residuals(fit.y, fit.v, **_without_weights(fit, "level", "ci_method")))


def _rstudent(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    if fit.result.ci_method.startswith("hksj"):
        raise NotSupportedError("rstudent with a Hartung-Knapp factor, where it and influence differ")
    return _residuals(studentised_residuals(fit.y, fit.v, **_without_weights(fit, "level")))


def _baujat(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    points = baujat_coordinates(fit.y, fit.v, **_without_weights(fit, "level"))
    ids = list(range(1, len(points) + 1))
    return {"x": [p.contribution for p in points], "y": [p.influence for p in points], "ids": ids}


def _radial(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    if fit.design is not None:
        raise NotSupportedError("radial with moderators")
    points = radial_coordinates(fit.y, fit.v, **_without_weights(fit, "level", "ci_method"))
    ids = list(range(1, len(points) + 1))
    return {"x": [p.precision for p in points], "y": [p.z for p in points], "ids": ids}


def _shrunken(method: Callable[..., tuple[ShrunkenEffect, ...]]) -> Reader:
    def read(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
        options = _without_weights(fit)
        if "level" in bound:
            options["level"] = level_of(env, bound)
        rows = method(fit.y, fit.v, **options)
        return {
            "pred": [r.estimate for r in rows],
            "se": [r.se for r in rows],
            "pi.lb": [r.interval.low for r in rows],
            "pi.ub": [r.interval.high for r in rows],
        }

    return read


def hc(arguments: Arguments) -> Answer:
    """Answer ``hc``; the reference finds its critical value by a root search of width 1.2e-4."""
    bound = arguments.bind("object")
    if set(bound) - {"object", "level", "control"} - _QUIET:
        raise NotSupportedError(f"hc({', '.join(sorted(bound))}=)")
    env = arguments.env
    fit = env.evaluate(bound["object"])
    if not isinstance(fit, RmaFit) or fit.design is not None or "weights" in fit.options:
        raise NotSupportedError("hc of this fit")
    level = level_of(env, bound) if "level" in bound else fit.options["level"]
    found = henmi_copas(fit.y, fit.v, level=level)
    # The search is for the critical value in units of se over that of an equal-effects model.
    inflation = found.se * float(np.sqrt((1.0 / fit.v).sum()))
    slack = inflation * control_setting(bound, env, "tol", ROOT_TOLERANCE)

    def fields(shift: float) -> dict[str, Any]:
        half = (found.critical + shift * slack) * found.se
        r = fit.result
        return {
            "beta": found.estimate,
            "se": found.se,
            "ci.lb": found.estimate - half,
            "ci.ub": found.estimate + half,
            "tau2": found.tau2,
            "beta.rma": r.estimate,
            "se.rma": r.se,
            "ci.lb.rma": r.ci.low,
            "ci.ub.rma": r.ci.high,
            "tau2.rma": r.heterogeneity.tau2,
            "method": "DL",
        }

    return Answer(fields(0.0), fit.tolerance, bounds=lambda: (fields(-1.0), fields(1.0)))


def permutest(arguments: Arguments) -> Answer:
    """Answer an exact ``permutest``; drawn permutations are those of another generator."""
    bound = arguments.bind("x")
    unknown = set(bound) - {"x", "exact", "iter"} - _QUIET
    if unknown:
        raise NotSupportedError(f"permutest({', '.join(sorted(unknown))}=)")
    env = arguments.env
    fit = env.evaluate(bound["x"])
    if not isinstance(fit, RmaFit) or "weights" in fit.options:
        raise NotSupportedError("permutest of this fit")
    if fit.design is not None and not fit.design.has_intercept:
        raise NotSupportedError("permutest without an intercept")
    asked = "exact" in bound and bool(as_vector(env.evaluate(bound["exact"]))[0])
    n_drawn = int(scalar(env.evaluate(bound["iter"]))) if "iter" in bound else 1000
    options = _options(fit, "level")
    found = permutation_test(fit.y, fit.v, exact=asked or None, n_sampled=max(99, n_drawn), seed=1, **options)
    if not found.exact:
        raise NotSupportedError("permutest with drawn permutations")
    base = fit.fields()
    fields: dict[str, Any] = {
        name: base[name] for name in ("zval", "QM", "beta", "ci.lb", "ci.ub") if name in base
    }
    fields |= {"pval": list(found.p), "QMp": found.QM_p}
    fields |= {"exact.iter": found.n_arrangements, "n_perm": found.n_arrangements}
    # Shares of whole numbers of arrangements are exact.
    return Answer(fields, fit.tolerance, finer={"pval": CLOSED_FORM, "QMp": CLOSED_FORM})


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families; what was there answers for other fits."""
    blup, ranef = _shrunken(shrink_effects), _shrunken(random_effects)
    mine = {
        "leave1out": adapter_of(_leave1out, "transf", shifted=_subsets_shifted(_all_but_one)),
        "cumul": adapter_of(_cumul, "order", "transf", shifted=_subsets_shifted(_beginnings)),
        "influence": adapter_of(_influence, shifted=_influence_shifted),
        "rstandard": adapter_of(_rstandard, shifted=_of_whole_fit(_rstandard)),
        "rstudent": adapter_of(_rstudent),
        "hatvalues": adapter_of(_one_of_influence("hat", "value")),
        "cooks.distance": adapter_of(_one_of_influence("cook.d", "value")),
        "dfbetas": adapter_of(_one_of_influence("dfbs", "value")),
        "baujat": adapter_of(_baujat),
        "radial": adapter_of(_radial, shifted=_of_whole_fit(_radial)),
        "blup": adapter_of(blup, "level", shifted=_of_whole_fit(blup)),
        "ranef": adapter_of(ranef, "level", shifted=_of_whole_fit(ranef)),
        "hc": hc,
        "permutest": permutest,
    }
    for name, adapter in mine.items():
        adapters[name] = _for_rma(adapter, adapters.get(name))


def _for_rma(mine: Adapter, others: Adapter | None) -> Adapter:
    """Return the adapter of a function of a fit: ours for an ``rma`` fit, else the others'."""

    def adapter(arguments: Arguments) -> Any:
        items = list(arguments.items)
        at = next((i for i, (name, _) in enumerate(items) if name in (None, "x", "object", "model")), None)
        if at is None:
            raise NotSupportedError("a function of a fit without a fit")
        value = arguments.env.evaluate(items[at][1])
        passed = Arguments([*items[:at], (items[at][0], {"value": value}), *items[at + 1 :]], arguments.env)
        return (others if others is not None and not isinstance(value, RmaFit) else mine)(passed)

    return adapter
