"""``rma.glmm`` -> `fit_glmm`.

Three things are worth knowing. The reference takes the log likelihood of a fit by quadrature from the
fitted deviance *given* the random effects, or without the constants of the counts; ours is that of the
model, and the reference's is derived from it here. Its estimates stop where a change of the deviance of
1e-5 is too small to matter, so they are compared within that. And some of its Hessians are differences
of likelihoods that are themselves not exact: what depends on these is a known difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, stdtr, xlogy

from metamsc.models.rare.glmm import fit_glmm
from metamsc.models.rare.results import GlmmResult

from .adapter_rare import Floats, complete_counts, named_of, setup_of, values_of
from .adapter_rma import METHODS, level_of, text_of
from .compare import Answer, Difference
from .r_eval import Arguments, Formula
from .r_formula import ModelMatrix, model_matrix
from .r_values import NotSupportedError, as_vector, scalar

GLMM = 1e-4
# glmer's optimiser stops when the deviance changes by less than 1e-5: that is a step of sqrt(1e-5)
# standard errors in any direction.
DEVIANCE_DONE = 1e-5
# The conditional model counts a tau2 below 1e-4 as 0 (tau2tol); elsewhere the search comes this near.
EXACT_ZERO, GLMER_ZERO = 1e-4, 1e-7
# Weighted squares of infinite effects, at the coefficients where iterations stop.
INFINITE_EFFECTS = 1e-5
_CRITERIA = ("ll", "dev", "AIC", "BIC", "AICc")
_OF_HESSIAN = frozenset({"se", "zval", "pval", "ci.lb", "ci.ub", "QM", "QMp", "se.tau2"})
_OF_WALD = frozenset({"QE.Wld", "QEp.Wld"})
NOISY_HESSIAN = (
    "the reference's standard errors here come from differences of a likelihood solved to 1e-7 or a density "
    "to 1e-10; ours are the information itself"
)
NOISY_WALD = (
    "the reference's Wald test of homogeneity here rests on such differences, ours on the information"
)


@dataclass(frozen=True)
class GlmmFit:
    """A GLMM that can be fitted again with tau2 held."""

    counts: dict[str, Floats]
    options: dict[str, Any]
    has_mods: bool
    result: GlmmResult

    @property
    def exact_tables(self) -> bool:
        """Whether this is the non-central hypergeometric model."""
        return self.result.measure == "OR" and self.result.model == "CM.EL"

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.result
        wald, ratio, first = r.wald_test, r.likelihood_ratio_test, r.coefficients[0]
        df = None if first.df is None else int(first.df)
        single = None if first.statistic is None else first.statistic**2
        fields = {
            "k": r.k,
            "p": len(r.coefficients),
            "beta": [c.estimate for c in r.coefficients],
            "se": [c.se for c in r.coefficients],
            "zval": [c.statistic for c in r.coefficients],
            "pval": [c.p for c in r.coefficients],
            "ci.lb": [c.ci.low for c in r.coefficients],
            "ci.ub": [c.ci.high for c in r.coefficients],
            "ddf": df,
            "tau2": r.tau2,
            "sigma2": r.sigma2,
            "rho": None,
            "I2": r.I2,
            "H2": r.H2,
            "QE.Wld": None if wald is None else wald.statistic,
            "QEp.Wld": None if wald is None else wald.p,
            "QE.LRT": None if ratio is None else ratio.statistic,
            "QEp.LRT": None if ratio is None else ratio.p,
            "QM": single if r.QM is None else r.QM.statistic,
            "QMdf": [1 if r.QM is None else r.QM.df, df],
            "QMp": first.p if r.QM is None else r.QM.p,
            "k.yi": r.k,
            "int.only": not self.has_mods,
            "coef_names": [c.name for c in r.coefficients],
            "fit.stats": {
                "ML": self._fit_statistics(r),
                "REML": dict.fromkeys(("ll", "dev", "AIC", "BIC", "AICc")),
            },
        }
        # Only the exact model has a standard error of tau2 there, and not at its 0.
        if r.tau2_method == "EE" or (self.exact_tables and r.tau2 > 0.0):
            fields["se.tau2"] = r.tau2_se
        return fields

    def _fit_statistics(self, r: GlmmResult) -> dict[str, Any]:
        """Return the log likelihood as the reference defines it, and its criteria from that."""
        own, ll, best = self.result, r.loglik, r.loglik_saturated
        q = (own.aic + 2.0 * own.loglik) / 2.0
        n = float(np.exp((own.bic + 2.0 * own.loglik) / q))
        m = max(n, q + 2.0)
        if best is not None and r.model == "UM.RS" and r.n_quadrature > 1:
            constants = self._constants()
            ll, best = ll - constants, best - constants
        elif best is not None and r.tau2_method == "ML" and not self.exact_tables and r.model != "UM.RS":
            ll = best - 0.5 * r.conditional_deviance
        return {
            "ll": ll,
            "dev": None if best is None else -2.0 * (ll - best),
            "AIC": -2.0 * ll + 2.0 * q,
            "BIC": -2.0 * ll + q * float(np.log(n)),
            "AICc": -2.0 * ll + 2.0 * q * m / (m - q - 1.0),
        }

    def _constants(self) -> float:
        """Return the log probability of all counts at their observed proportions or rates."""
        total = 0.0
        for arm in ("treat", "control"):
            y = self.counts[f"events_{arm}"][self._used()]
            if f"n_{arm}" in self.counts:
                n = self.counts[f"n_{arm}"][self._used()]
                choose = gammaln(n + 1.0) - gammaln(y + 1.0) - gammaln(n - y + 1.0)
                total += float((choose + xlogy(y, y / n) + xlogy(n - y, 1.0 - y / n)).sum())
            else:
                total += float((xlogy(y, y) - y - gammaln(y + 1.0)).sum())
        return total

    def _used(self) -> NDArray[np.bool_]:
        a, c = self.counts["events_treat"], self.counts["events_control"]
        double = (a == 0.0) & (c == 0.0)
        if "n_treat" in self.counts:
            double |= (a == self.counts["n_treat"]) & (c == self.counts["n_control"])
        return ~double if self.options["drop00"] else np.ones(a.size, dtype=np.bool_)

    def answer(self) -> Answer:
        """Compare the fit itself."""
        answer = Answer(self.fields(), GLMM, known=self._known())
        answer.bounds = lambda: (self._moved(-1.0), self._moved(1.0))
        return answer

    def _moved(self, sign: float) -> dict[str, Any]:
        """Return the fields at one end of what the reference's convergence allows."""
        r, steps = self.result, sign * float(np.sqrt(DEVIANCE_DONE))
        fields, ratios = self.fields(), [1.0] * len(self.result.coefficients)
        if r.tau2_method == "ML":
            zero = EXACT_ZERO if self.exact_tables else GLMER_ZERO
            tau2 = max(0.0, r.tau2 + (sign * zero if r.tau2_se is None else steps * r.tau2_se))
            here, there = self._held(r.tau2), self._held(tau2)
            fields = replace(self, result=there).fields()
            fields["fit.stats"] = {"ML": self._fit_statistics(there)}
            # Standard errors with tau2 held leave out its own uncertainty; their ratio is what moves.
            ratios = [o.se / c.se for o, c in zip(there.coefficients, here.coefficients, strict=True)]
        if r.tau2_method == "ML" or r.sigma2 is not None:
            fields |= _shifted(r, ratios, steps)
        if r.sigma2 is not None:
            # No log variance of k study intercepts is known better than to sqrt(2 / k).
            fields["sigma2"] = r.sigma2 * float(np.exp(steps * np.sqrt(2.0 / r.k)))
        if r.wald_test is not None and sign > 0.0 and any("Wald" in text for text in r.warnings):
            fields["QE.Wld"] = r.wald_test.statistic + INFINITE_EFFECTS
            fields["QEp.Wld"] = r.wald_test.p * (1.0 - INFINITE_EFFECTS)
        return fields

    def _held(self, tau2: float) -> GlmmResult:
        return _fit(self.result.measure, self.counts, {**self.options, "tau2": tau2})

    def _known(self) -> tuple[Difference, ...]:
        """Return the known differences of the reference that this kind of fit may show."""
        r = self.result
        laplace = r.model == "UM.RS" and r.n_quadrature == 1
        if not (self.exact_tables or r.model == "UM.RS"):
            return ()
        known = [Difference(NOISY_WALD, fields=lambda: self._without(_OF_WALD))]
        if laplace or self.exact_tables:
            known.append(Difference(NOISY_HESSIAN, fields=lambda: self._without(_OF_WALD | _OF_HESSIAN)))
        return tuple(known)

    def _without(self, names: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in self.fields().items() if name not in names}


def _shifted(r: GlmmResult, ratios: list[float], steps: float) -> dict[str, Any]:
    """Return what depends on the coefficients: each moved by `steps` SE, its SE times its ratio."""
    names = ("beta", "se", "zval", "pval", "ci.lb", "ci.ub")
    fields: dict[str, list[float]] = {name: [] for name in names}
    for c, ratio in zip(r.coefficients, ratios, strict=True):
        z = c.estimate / c.se + steps
        p = 2.0 * float(ndtr(-abs(z)) if c.df is None else stdtr(c.df, -abs(z)))
        wider = np.sign(steps) * abs(ratio - 1.0) * (c.ci.high - c.ci.low) / 2.0
        move = steps * c.se + wider
        moved = (c.estimate + steps * c.se, c.se * ratio, z, p, c.ci.low + move, c.ci.high + move)
        for name, value in zip(names, moved, strict=True):
            fields[name].append(float(value))
    result: dict[str, Any] = dict(fields)
    if r.QM is None:
        result |= {"QM": fields["zval"][0] ** 2, "QMp": fields["pval"][0]}
    return result


def _fit(measure: str, counts: dict[str, Floats], options: dict[str, Any]) -> GlmmResult:
    arguments: dict[str, Any] = {**counts, **options}
    return fit_glmm(measure, **arguments)


def _design(mods: Any, frame: Any, k: int) -> ModelMatrix:
    if not isinstance(mods, Formula):
        raise NotSupportedError("moderators that are not a formula")
    return model_matrix(mods, frame, k)


def rma_glmm(arguments: Arguments) -> GlmmFit:
    """Answer a call of ``rma.glmm``."""
    bound, inner, frame = setup_of(
        arguments, {"model", "method", "test", "mods", "nAGQ", "add", "to", "drop00"}
    )
    if "measure" not in bound:
        raise NotSupportedError("rma.glmm without measure")
    measure = text_of(inner, bound, "measure", "OR")
    given = values_of(bound, inner)
    counts = named_of(measure, given)
    k = next(iter(counts.values())).size
    design = None if "mods" not in bound else _design(inner.evaluate(bound["mods"]), frame, k)
    kept = complete_counts(counts) if design is None else complete_counts(counts, design.X)
    counts = {name: x[kept] for name, x in counts.items()}
    method = text_of(inner, bound, "method", "ML")
    test = text_of(inner, bound, "test", "z")
    options: dict[str, Any] = {
        "model": text_of(inner, bound, "model", "UM.FS"),
        "tau2_method": METHODS.get(method, method),
        "ci_method": {"z": "wald"}.get(test, test),
        "level": level_of(inner, bound),
        "n_quadrature": int(scalar(inner.evaluate(bound["nAGQ"]))) if "nAGQ" in bound else 7,
        "drop00": "drop00" not in bound or bool(as_vector(inner.evaluate(bound["drop00"]))[0]),
    }
    if options["model"] == "UM.RS" and options["tau2_method"] == "ML":
        options["n_quadrature"] = 1  # as the reference says in a warning
    if options["model"] == "CM.EL" and measure == "OR":
        options["n_quadrature"] = max(options["n_quadrature"], 21)  # the reference integrates adaptively
    if design is not None:
        options |= {"X": design.X[kept], "names": design.names}
    return GlmmFit(counts, options, design is not None, _fit(measure, counts, options))
