"""``rma.mv`` -> `fit_multilevel` (nested intercepts) or `fit_structured` (``~ inner | outer``, ``R``).

What is the caller's part is done here: rows with a missing value are left out, names are looked up,
formulas become designs and random terms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metamsc.models.fit_statistics import FitStatistics
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel
from metamsc.models.multilevel.statistics import multilevel_statistics
from metamsc.models.results import Coefficient, OmnibusTest
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.search import hessian
from metamsc.models.structured.terms import RandomTerm

from .adapter_covariance import Vcalc, labels_of
from .adapter_rma import design_of, level_of, statistics_of, text_of
from .compare import Answer, Difference
from .r_eval import Adapter, Arguments, Env, Formula
from .r_formula import ModelMatrix, deparse, left_hand_side, right_hand_side
from .r_parser import Node
from .r_values import NotSupportedError, RList, as_vector, make_factor, numeric

MULTILEVEL = 1e-5
LOG_LIKELIHOOD = 1e-8
# A variance that the reference leaves this much above 0 (times the mean sampling variance) is its 0.
BOUNDARY = 1e-6
# Coordinates beyond this are at a bound as far as the likelihood can tell.
FLAT = 18.0
NOT_TOLD = (
    "a variance of groups that the coefficients already fit, or that repeat another level, is not in the "
    "likelihood: ours is 0, the reference's wherever its search began"
)
_IGNORED = {"control", "slab", "digits", "verbose", "sparse", "Rscale"}
_KNOWN = {"yi", "V", "mods", "random", "struct", "R", "data", "subset", "method", "test", "dfs", "level",
          "sigma2", *_IGNORED}  # fmt: skip


@dataclass(frozen=True)
class MvFit:
    """A fit of dependent effects; `inner` counts its ``~ inner | outer`` terms, `kept` rows of the data."""

    fit: MultilevelFit | StructuredFit
    design: ModelMatrix | None
    inner: tuple[str, ...] = ()
    kept: NDArray[np.bool_] | None = None

    @property
    def statistics(self) -> FitStatistics:
        """Likelihood, deviance and criteria by both likelihoods."""
        return multilevel_statistics(self.fit) if isinstance(self.fit, MultilevelFit) else self.fit.result.fit

    @property
    def tolerance(self) -> float:
        """Return the contract's tolerance, or where parameters are ill determined the reference's reach.

        Its search stops when the deviance changes by less than 1e-10 of itself: that is a step of
        sqrt(1e-10 deviance) standard errors of a parameter, three times which is allowed for.
        """
        if isinstance(self.fit, MultilevelFit):
            return MULTILEVEL
        likelihood, x = self.fit.likelihood, self.fit.coordinates
        H = hessian(likelihood, x)
        inside = np.abs(x) < FLAT
        variance = np.diag(np.linalg.pinv(0.5 * H[np.ix_(inside, inside)]))
        own = self.statistics.reml if self.fit.result.method == "REML" else self.statistics.ml
        deviance = 1.0 if own is None else max(1.0, abs(2.0 * own.loglik))
        step = math.sqrt(1e-10 * deviance * float(max(variance.max(initial=0.0), 0.0)))
        return min(max(MULTILEVEL, 3.0 * step), 1e-3)

    @property
    def known(self) -> tuple[Difference, ...]:
        """Return the known difference of a model with a variance that the data cannot tell."""
        told = any("cannot be estimated" in note for note in self.fit.model.notes)
        return (Difference(NOT_TOLD, at_most=math.inf),) if told else ()

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.fit.result
        df = [c.df for c in r.coefficients]
        fields: dict[str, Any] = {
            "k": r.k,
            "p": len(r.coefficients),
            "beta": [c.estimate for c in r.coefficients],
            "se": [c.se for c in r.coefficients],
            "zval": [c.statistic for c in r.coefficients],
            "pval": [c.p for c in r.coefficients],
            "ci.lb": [c.ci.low for c in r.coefficients],
            "ci.ub": [c.ci.high for c in r.coefficients],
            "QE": r.Q,
            "QEp": r.Q_p,
            "int.only": self.design is None,
            "coef_names": ["intrcpt"] if self.design is None else [c.name for c in r.coefficients],
            "vb": self.fit.cov.tolist(),
            "vi": (self.fit.model.blocks.variances * self.fit.model.scale**2).tolist(),
            **joint_test(r.QM, r.coefficients),
            **self.variances(),
        }
        if df[0] is not None:
            fields["ddf"] = df[0] if r.df_method == "residual" else df
        found = self.statistics
        fields["fit.stats"] = {"ML": statistics_of(found.ml), "REML": statistics_of(found.reml)}
        return fields

    def variances(self) -> dict[str, Any]:
        """Return sigma2, tau2, rho, gamma2, phi; what the model does not have is 0."""
        if isinstance(self.fit, MultilevelFit):
            sigma2 = list(self.fit.result.sigma2)
            return {"sigma2": sigma2 or 0.0, "tau2": 0.0, "rho": 0.0, "gamma2": 0.0, "phi": 0.0}
        terms = self.fit.result.terms
        intercepts = [t.variances[0] for t in terms if t.name not in self.inner]
        fields: dict[str, Any] = {"sigma2": intercepts or 0.0}
        for (variance, correlation), name in zip(
            (("tau2", "rho"), ("gamma2", "phi")), (*self.inner, "", "")[:2], strict=True
        ):
            term = next((t for t in terms if t.name == name), None)
            fields[variance] = 0.0 if term is None else list(term.variances)
            fields[correlation] = 0.0 if term is None else list(term.correlations) or 0.0
        return fields

    def at_boundary(self) -> dict[str, Any]:
        """Return the fields with variances of 0 moved to where the reference may stop."""
        fields = self.fields()
        slack = BOUNDARY * float(self.fit.model.blocks.variances.mean()) * self.fit.model.scale**2
        for name in ("sigma2", "tau2", "gamma2"):
            if isinstance(fields[name], list):
                fields[name] = [max(slack, s) for s in fields[name]]
        return fields

    def answer(self) -> Answer:
        """Compare the fit itself."""
        # Only the likelihood that is maximised is flat where the reference stops.
        finer = {f"fit.stats.{self.fit.result.method}.ll": LOG_LIKELIHOOD}
        answer = Answer(self.fields(), self.tolerance, finer=finer, known=self.known)
        answer.bounds = lambda: (self.fields(), self.at_boundary())
        return answer


def joint_test(QM: OmnibusTest | None, coefficients: tuple[Coefficient, ...]) -> dict[str, Any]:
    """Return QM in the reference's names; of a single intercept it is the statistic squared."""
    if QM is not None:
        return {"QM": QM.statistic, "QMp": QM.p, "QMdf": [QM.df, QM.df2], "m": QM.df}
    if len(coefficients) > 1:
        return {}
    (c,) = coefficients
    squared = None if c.statistic is None else c.statistic**2
    return {"QM": squared, "QMp": c.p, "QMdf": [1, c.df], "m": 1}


def rma_mv(arguments: Arguments) -> MvFit:
    """Answer a call of ``rma.mv``."""
    bound = arguments.bind("yi", "V")
    unknown = set(bound) - _KNOWN
    if unknown or not {"yi", "V"} <= set(bound):
        raise NotSupportedError(f"rma.mv({', '.join(sorted(unknown or bound))}=)")
    env = arguments.env
    frame = env.evaluate(bound["data"]) if "data" in bound else None
    inner = env.within(frame)
    given = inner.evaluate(bound["yi"])
    mods = inner.evaluate(bound["mods"]) if "mods" in bound else None
    if isinstance(given, Formula):
        mods = Formula({"call": "~", "args": [[None, right_hand_side(given)]]}, given.env)
        given = inner.evaluate(left_hand_side(given))
    y = numeric(given)
    V = inner.evaluate(bound["V"])
    V = V.covariance if isinstance(V, Vcalc) else numeric(V)
    design = None if mods is None else design_of(mods, frame, y.size)
    kept = _complete(y, V, design, bound, inner)
    random = _Random(inner.evaluate(bound["random"]) if "random" in bound else [], bound, inner, kept)
    test = text_of(inner, bound, "test", "z")
    if test not in ("z", "t"):
        raise NotSupportedError(f"rma.mv(test={test!r})")
    options: dict[str, Any] = {
        "X": None if design is None else design.X[kept],
        "names": None if design is None else design.names,
        "method": text_of(inner, bound, "method", "REML"),
        "ci_method": {"z": "wald", "t": "t"}[test],
        "df_method": text_of(inner, bound, "dfs", "residual"),
        "level": level_of(inner, bound),
    }
    fit = random.fit(y[kept], V if kept.all() else _taken(V, kept), options, bound)
    if len(fit.result.coefficients) == 1 and fit.result.coefficients[0].name == "intrcpt":
        design = None
    return MvFit(fit, design, random.inner, kept)


def _complete(y: Any, V: Any, design: ModelMatrix | None, bound: Mapping[str, Node], inner: Env) -> Any:
    """Say which rows are used: those without missing values, of the subset."""
    missing = np.isnan(y)
    if isinstance(V, np.ndarray):
        missing |= np.isnan(np.diag(V) if V.ndim == 2 else V)
    if design is not None:
        missing |= np.isnan(design.X).any(axis=1)
    if "subset" in bound:
        chosen = as_vector(inner.evaluate(bound["subset"]))
        missing |= ~(chosen if chosen.dtype == np.bool_ else np.isin(np.arange(y.size) + 1, chosen))
    return ~missing


def _taken(V: Any, kept: Any) -> Any:
    V = V if isinstance(V, np.ndarray) else V.to_array()
    return V[np.ix_(kept, kept)] if V.ndim == 2 else V[kept]


class _Random:
    """The random terms of a call."""

    def __init__(self, given: Any, bound: Mapping[str, Node], env: Env, kept: Any) -> None:
        self._env, self._kept = env, kept
        self.chains: list[dict[str, Any]] = []
        self.pairs: list[tuple[str, Any, Any]] = []
        for formula in given.values if isinstance(given, RList) else [given] if given else []:
            self._read(formula, env)
        structures = as_vector(env.evaluate(bound["struct"])) if "struct" in bound else ["CS"]
        self.structures = [str(s) for s in (*structures, "CS", "CS")][: len(self.pairs)]
        self.known = env.evaluate(bound["R"]) if "R" in bound else None
        if len(self.pairs) > 2:
            raise NotSupportedError("more than two inner | outer terms")

    @property
    def inner(self) -> tuple[str, ...]:
        """Names of the ``~ inner | outer`` terms."""
        return tuple(name for name, _, _ in self.pairs)

    def _read(self, formula: Any, env: Env) -> None:
        bar = right_hand_side(formula)
        if not (isinstance(bar, dict) and bar.get("call") == "|"):
            raise NotSupportedError(f"random = ~ {deparse(bar)}")
        left, right = (arg for _, arg in bar["args"])
        if left == 1:
            levels = _slashed(right)
            self.chains.append({deparse(node): labels_of(env.evaluate(node))[self._kept] for node in levels})
        else:
            name = f"{deparse(left)} | {deparse(right)}"
            self.pairs.append((name, env.evaluate(left), labels_of(env.evaluate(right))[self._kept]))

    def fit(self, y: Any, V: Any, options: dict[str, Any], bound: Mapping[str, Node]) -> Any:
        """Return the fit by whichever of the two models it is."""
        if not self.pairs and self.known is None:
            sigma2 = self._given(bound)
            return fit_multilevel(y, V, random=self.chains, sigma2=sigma2, intervals=False, **options)
        if "sigma2" in bound:
            raise NotSupportedError("given variances with structures")
        return fit_structured(y, V, terms=[*self._intercepts(), *self._structured()], **options)

    def _given(self, bound: Mapping[str, Node]) -> dict[str, float] | None:
        if "sigma2" not in bound:
            return None
        values = numeric(self._env.evaluate(bound["sigma2"]))
        names = ["/".join(list(chain)[: i + 1]) for chain in self.chains for i in range(len(chain))]
        return {n: float(v) for n, v in zip(names, values, strict=True) if not math.isnan(v)}

    def _intercepts(self) -> list[RandomTerm]:
        terms = []
        for chain in self.chains:
            above: list[Any] = []
            for name, labels in chain.items():
                above.append(labels)
                path = list(zip(*above, strict=True)) if len(above) > 1 else list(labels)
                known = self.known.get(name) if isinstance(self.known, RList) else None
                full = "/".join(list(chain)[: len(above)])
                if known is None:
                    terms.append(RandomTerm(name=full, outer=path))
                    continue
                matrix, rows = _correlation(known, labels)
                terms.append(RandomTerm(name=full, outer=path, correlation=matrix, correlation_labels=rows))
        return terms

    def _structured(self) -> list[RandomTerm]:
        terms = []
        for (name, inner, outer), structure in zip(self.pairs, self.structures, strict=True):
            levels = make_factor(inner).levels
            codes = {level: i for i, level in enumerate(levels)}
            values = make_factor(inner).values[self._kept]
            # Positions among the levels keep R's order of them; CAR needs the times themselves.
            labels = [float(v) if structure == "CAR" else codes[v] for v in values]
            terms.append(RandomTerm(name=name, outer=outer, inner=labels, structure=structure))
        return terms


def _correlation(known: Any, labels: Any) -> tuple[Any, list[Any]]:
    """Return a known correlation matrix and the labels of its rows.

    Matrices come without names: rows are the sorted labels, as the data files say.
    """
    return numeric(known), sorted(dict.fromkeys(labels), key=lambda x: (isinstance(x, str), x))


def _slashed(node: Node) -> list[Node]:
    if isinstance(node, dict) and node.get("call") == "/":
        return [part for _, arg in node["args"] for part in _slashed(arg)]
    return [node]


def register(adapters: dict[str, Adapter]) -> None:
    """Add the families about models, in front of whoever answers the same function for other fits."""
    from . import adapter_covariance, adapter_mv_after, adapter_robust, adapter_scale, adapter_tests

    adapters["rma.mv"] = rma_mv
    for module in (adapter_covariance, adapter_robust, adapter_tests, adapter_mv_after, adapter_scale):
        module.register(adapters)
