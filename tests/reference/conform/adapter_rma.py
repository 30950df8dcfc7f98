"""``rma`` -> `pool`.

What is the caller's part is done here: rows with a missing value are left out (ours refuses them),
names are looked up, a formula becomes a design. What our results do not carry is derived from those
they do: the omnibus test of a single intercept is its statistic squared; the Hartung-Knapp factor is
the squared ratio of its standard error to the Wald one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metamsc.models.fit_statistics import LikelihoodStatistics, fit_statistics
from metamsc.models.pool import pool
from metamsc.models.regression import coefficient_covariance
from metamsc.models.results import PooledResult

from .adapter_effects import UCOR_DIFFERENCE, effects_of
from .compare import CLOSED_FORM, ITERATED, Answer, Difference
from .r_eval import Arguments, Env, Formula
from .r_formula import ModelMatrix, left_hand_side, model_matrix, right_hand_side
from .r_parser import Node
from .r_values import NotSupportedError, RList, as_vector, numeric, scalar

Floats = NDArray[np.float64]

TESTS = {"z": "wald", "t": "t", "knha": "hksj", "hksj": "hksj", "adhoc": "hksj-adhoc"}
METHODS = {"FE": "EE", "CE": "EE"}
CLOSED_METHODS = {"EE", "DL", "GENQ", "HE", "HS", "HSk", "SJ"}
# Where the reference stops by default, in absolute terms: a Fisher scoring step of tau2, and the width
# of a root's bracket. Calls that set these in `control` are compared at full precision.
FISHER_THRESHOLD = 1e-5
ROOT_TOLERANCE = float(np.finfo(np.float64).eps) ** 0.25
# What `ctl` sets both to; the files' setup shows it.
CTL = 1e-12
_IGNORED = {"control", "slab", "digits", "verbose"}
_KNOWN = {"yi", "vi", "sei", "weights", "mods", "data", "subset", "method", "test", "level", "tau2",
          "weighted", "measure", "intercept"} | _IGNORED  # fmt: skip
_RAW = {"ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "x2i", "t1i", "t2i", "m1i", "m2i", "sd1i", "sd2i",
        "xi", "mi", "ri", "ti", "ni", "add", "to", "drop00", "vtype", "correct"}  # fmt: skip
NO_TEST = "with a standard error of 0 a test is undefined"
CENTRED = "without an intercept the reference takes tau2 and Q from effects minus their mean; ours does not"


@dataclass(frozen=True)
class RmaFit:
    """A fitted model: its cleaned data, options in our names, and our result."""

    y: Floats
    v: Floats
    design: ModelMatrix | None
    options: dict[str, Any]
    measure: str
    slack: float
    result: PooledResult

    @property
    def kwargs(self) -> dict[str, Any]:
        """Return the design as arguments of our functions."""
        return {} if self.design is None else {"X": self.design.X, "names": self.design.names}

    @property
    def tolerance(self) -> float:
        """Return the tolerance of everything that depends on tau2.

        The reference solves the normal equations in double precision, so with moderators its values
        carry rounding of eps times the condition number of X'X (columns of length 1).
        """
        base = CLOSED_FORM if self.result.tau2_method in CLOSED_METHODS else ITERATED
        if self.design is None:
            return base
        X = self.design.X[:, [name in self.coef_names() for name in self.design.names]]
        condition = float(np.linalg.cond(X / np.linalg.norm(X, axis=0))) ** 2
        return max(base, 10.0 * float(np.finfo(np.float64).eps) * condition)

    def known(self, fields_of: Callable[[RmaFit], dict[str, Any]]) -> tuple[Difference, ...]:
        """Return the known differences of the reference in what `fields_of` makes of this fit."""
        found = [UCOR_DIFFERENCE] if self.measure == "UCOR" else []
        if self.design is not None and not self.design.has_intercept:
            found.append(Difference(CENTRED, fields=lambda: fields_of(self.as_centred())))
        return tuple(found)

    def as_centred(self) -> RmaFit:
        """Return the fit as the reference makes it without an intercept: tau2, Q of centred effects."""
        centred = pool(self.y - self.y.mean(), self.v, **self.options, **self.kwargs)
        options = {**self.options, "tau2": centred.heterogeneity.tau2}
        fitted = pool(self.y, self.v, **options, **self.kwargs)
        result = replace(fitted, heterogeneity=centred.heterogeneity)
        return replace(self, result=result, options=options)

    def shifted(self, shift: float) -> RmaFit:
        """Return the fit with tau2 moved by `shift` times the reference's convergence tolerance."""
        if not shift or not self.slack:
            return self
        tau2 = max(0.0, self.result.heterogeneity.tau2 + shift * self.slack)
        moved = pool(self.y, self.v, **{**self.options, "tau2": tau2}, **self.kwargs)
        return replace(self, result=moved, options={**self.options, "tau2": tau2})

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.result
        h = r.heterogeneity
        QM = r.QM
        single = r.coefficients[0]
        df = None if single.df is None else int(single.df)
        fields: dict[str, Any] = {
            "k": r.k,
            "p": len(r.coefficients),
            "beta": [c.estimate for c in r.coefficients],
            "se": [c.se for c in r.coefficients],
            "zval": [c.statistic for c in r.coefficients],
            "pval": [c.p for c in r.coefficients],
            "ci.lb": [c.ci.low for c in r.coefficients],
            "ci.ub": [c.ci.high for c in r.coefficients],
            "tau2": h.tau2,
            "se.tau2": h.tau2_se,
            "I2": h.I2,
            "H2": h.H2,
            "QE": h.Q,
            "QEp": h.Q_p,
            "R2": r.R2,
            "ddf": df,
            "s2w": self._scale_factor(),
            "int.only": self.design is None,
            "coef_names": list(self.coef_names()),
        }
        if QM is not None:
            fields |= {"QM": QM.statistic, "QMp": QM.p, "QMdf": [QM.df, df]}
        elif len(r.coefficients) == 1:
            squared = None if single.statistic is None else single.statistic**2
            fields |= {"QM": squared, "QMp": single.p, "QMdf": [1, df]}
        fields["m"] = 1 if QM is None else QM.df
        if "weights" not in self.options:
            fields["fit.stats"] = self._fit_statistics()
        fields["vb"] = coefficient_covariance(self.y, self.v, **self._unlevelled(), **self.kwargs).tolist()
        return fields

    def _unlevelled(self) -> dict[str, Any]:
        return {name: value for name, value in self.options.items() if name != "level"}

    def _fit_statistics(self) -> dict[str, Any]:
        options = {name: self.options[name] for name in ("tau2_method", "tau2") if name in self.options}
        found = fit_statistics(self.y, self.v, **options, **self.kwargs)
        return {"ML": statistics_of(found.ml), "REML": statistics_of(found.reml)}

    def coef_names(self) -> tuple[str, ...]:
        """Return the coefficients' names in the reference's words."""
        return ("intrcpt",) if self.design is None else tuple(c.name for c in self.result.coefficients)

    def _scale_factor(self) -> float:
        if not self.result.ci_method.startswith("hksj"):
            return 1.0
        wald = pool(self.y, self.v, **{**self.options, "ci_method": "wald"}, **self.kwargs)
        return (self.result.se / wald.se) ** 2


def statistics_of(found: LikelihoodStatistics | None) -> dict[str, Any]:
    """Return the statistics of one likelihood in the reference's names."""
    names = {"ll": "loglik", "dev": "deviance", "AIC": "aic", "BIC": "bic", "AICc": "aicc"}
    return {name: None if found is None else getattr(found, ours) for name, ours in names.items()}


def rma(arguments: Arguments) -> RmaFit:
    """Answer a call of ``rma``."""
    bound = arguments.bind("yi", "vi", "sei")
    unknown = set(bound) - _KNOWN - _RAW
    if unknown:
        raise NotSupportedError(f"rma({', '.join(sorted(unknown))}=)")
    env = arguments.env
    frame = env.evaluate(bound["data"]) if "data" in bound else None
    inner = env.within(frame)
    measure = text_of(inner, bound, "measure", "GEN")
    y, v, mods = given_effects(bound, arguments, inner)
    design = None if mods is None else design_of(mods, frame, y.size)
    weights = numeric(inner.evaluate(bound["weights"])) if "weights" in bound else None
    if "weighted" in bound and not bool(as_vector(inner.evaluate(bound["weighted"]))[0]):
        weights = np.ones(y.size)
    if y.size != v.size:
        pool(y, v)  # refuses, and says so
    kept = complete_rows(y, v, design)
    if "subset" in bound:
        chosen = as_vector(inner.evaluate(bound["subset"]))
        kept &= chosen if chosen.dtype == np.bool_ else np.isin(np.arange(y.size) + 1, chosen)
    if design is not None:
        design = replace(design, X=design.X[kept])
    options = _options(bound, inner)
    if weights is not None:
        options["weights"] = weights[kept]
    method = METHODS.get(options["tau2_method"], options["tau2_method"])
    options["tau2_method"] = method
    y, v = y[kept], v[kept]
    design_arguments: dict[str, Any] = {} if design is None else {"X": design.X, "names": design.names}
    result = pool(y, v, **options, **design_arguments)
    if design is not None and len(result.coefficients) == 1 and result.coefficients[0].name == "intrcpt":
        design = None
    slack = 0.0 if "tau2" in options else _slack(method, bound, inner)
    return RmaFit(y, v, design, options, measure, slack, result)


def given_effects(bound: dict[str, Node], arguments: Arguments, inner: Env) -> tuple[Floats, Floats, Any]:
    """Return yi, vi and the moderators as given."""
    mods = inner.evaluate(bound["mods"]) if "mods" in bound else None
    if set(bound) & _RAW:
        effects = effects_of({k: n for k, n in bound.items() if k in _RAW | {"measure", "data"}}, arguments)
        return np.array(effects.yi), np.array(effects.vi), mods
    given = inner.evaluate(bound["yi"])
    if isinstance(given, Formula):
        left = left_hand_side(given)
        mods = Formula({"call": "~", "args": [[None, right_hand_side(given)]]}, given.env)
        given = inner.evaluate(left)
    y = numeric(given)
    if "vi" in bound:
        return y, numeric(inner.evaluate(bound["vi"])), mods
    if "sei" not in bound:
        raise NotSupportedError("rma without vi or sei")
    return y, numeric(inner.evaluate(bound["sei"])) ** 2, mods


def design_of(mods: Any, frame: dict[str, Any] | None, k: int) -> ModelMatrix:
    if isinstance(mods, Formula):
        return model_matrix(mods, frame, k)
    columns = np.column_stack([np.ones(k), numeric(mods)])
    names = (
        "intrcpt",
        *(f"mods{j + 1}" if columns.shape[1] > 2 else "mods" for j in range(columns.shape[1] - 1)),
    )
    return ModelMatrix(columns, names, has_intercept=True)


def complete_rows(y: Floats, v: Floats, design: ModelMatrix | None) -> NDArray[np.bool_]:
    """Say which rows have no missing value."""
    kept: NDArray[np.bool_] = ~(np.isnan(y) | np.isnan(v))
    return kept if design is None else kept & ~np.isnan(design.X).any(axis=1)


def _options(bound: dict[str, Node], inner: Env) -> dict[str, Any]:
    test = text_of(inner, bound, "test", "z")
    options: dict[str, Any] = {
        "tau2_method": text_of(inner, bound, "method", "REML"),
        "ci_method": TESTS.get(test, test),
        "level": level_of(inner, bound),
    }
    if "tau2" in bound:
        options["tau2"] = scalar(inner.evaluate(bound["tau2"]))
    return options


def _slack(method: str, bound: dict[str, Node], inner: Env) -> float:
    """Return how far from its limit the reference may have stopped, in units of tau2."""
    if method in CLOSED_METHODS:
        return 0.0
    name, default = ("tol", ROOT_TOLERANCE) if method in ("PM", "PMM") else ("threshold", FISHER_THRESHOLD)
    return control_setting(bound, inner, name, default)


def control_setting(bound: dict[str, Node], inner: Env, name: str, default: float) -> float:
    """Return a setting of ``control``; the object `ctl` is the files' tight one."""
    node = bound.get("control")
    if node is None:
        return default
    if isinstance(node, dict) and node.get("name") == "ctl":
        return CTL
    settings = inner.evaluate(node)
    value = settings.get(name) if isinstance(settings, RList) else None
    return default if value is None else scalar(value)


def text_of(inner: Env, bound: dict[str, Node], name: str, default: str) -> str:
    return str(as_vector(inner.evaluate(bound[name]))[0]) if name in bound else default


def level_of(inner: Env, bound: dict[str, Node]) -> float:
    level = scalar(inner.evaluate(bound["level"])) if "level" in bound else 95.0
    return level / 100.0 if level > 1.0 else level


def answer_rma(fit: RmaFit) -> Answer:
    """Compare a fit itself."""
    answer = Answer(fit.fields(), fit.tolerance, known=fit.known(RmaFit.fields))
    if fit.slack:
        answer.bounds = lambda: (fit.shifted(-1.0).fields(), fit.shifted(1.0).fields())
    if fit.result.se == 0.0:
        answer.empty = dict.fromkeys(("zval", "pval", "QM", "QMp"), NO_TEST)
    return answer
