"""From the maximum of a selection model's likelihood to its result: units, standard errors, tests, notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from metamsc.models.fit import BatchFit
from metamsc.models.inference import chi2_p, infer_coefficient, omnibus_test, two_sided_p
from metamsc.models.inputs import Design
from metamsc.models.results import Interval, OmnibusTest
from metamsc.sensitivity.maximum import Maximum
from metamsc.sensitivity.selection_form import SelectionForm
from metamsc.sensitivity.selection_result import SelectionModel, SelectionParameter
from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# Correlation matrices worse conditioned than this have no inverse to speak of.
_SINGULAR = 1e12
# Fewer studies than this in an interval of p are pointed out.
_FEW = 3

FLAT = (
    "The likelihood is flat or still rising at its maximum: effect and selection cannot be told apart in "
    "these data, so there are no standard errors."
)
UNSETTLED = "The search for the maximum of the likelihood did not come to rest; do not use these numbers."
NO_SHAPE = "The strength of selection is 0: there is none, and delta2, its shape, has no meaning."
AT_END = "{name} ran into the end of its range ({value:g}): selection as strong as this model can express."


@dataclass(frozen=True, slots=True)
class _Estimates:
    """Parameters (coefficients, tau2, weights) in the units of the effects; NaN where no SE exists."""

    theta: FloatArray
    se: FloatArray
    cov: FloatArray | None
    p: int
    level: float

    def se_of(self, j: int) -> float | None:
        return None if np.isnan(self.se[j]) else float(self.se[j])

    def interval(self, j: int) -> Interval | None:
        """Return the normal interval of parameter j, cut off at 0."""
        se = self.se_of(j)
        if se is None:
            return None
        half, value = float(ndtri(0.5 + 0.5 * self.level)) * se, float(self.theta[j])
        return Interval(max(0.0, value - half), value + half, self.level)


def summarise(
    top: Maximum,
    form: SelectionForm,
    *,
    design: Design,
    lengths: FloatArray,
    scale: float,
    level: float,
    tau2_method: str,
    counts: NDArray[np.intp],
    k: int,
    plain: BatchFit,
) -> SelectionModel:
    """Return the result for a maximum found on the working scale (effects / scale, columns / lengths)."""
    p = lengths.size
    found = _estimates(top, np.concatenate([scale / lengths, [scale**2]]), p, level)
    coefficients = tuple(
        infer_coefficient(name, float(found.theta[j]), float(found.se[j]), None, level)
        for j, name in enumerate(design.names)
        if found.cov is not None
    )
    first = coefficients[0] if coefficients else None
    loglik, plain_loglik = top.value - k * float(np.log(scale)), float(plain.loglik[0])
    free = sum(value is None for value in form.fixed)
    lrt = max(0.0, 2.0 * (loglik - plain_loglik)) if free else None
    aic, bic, aicc = _criteria(loglik, k, p + (tau2_method == "ML") + free)
    parameters = _parameters(found, form)
    return SelectionModel(
        kind=form.kind,
        alternative=form.alternative,
        tau2_method=tau2_method,
        k=k,
        level=level,
        steps=tuple(form.steps.tolist()),
        cutoff=form.cutoff,
        precision=form.precision,
        k_per_interval=tuple(counts.tolist()),
        coefficients=coefficients,
        estimates=tuple(found.theta[:p].tolist()),
        estimate=float(found.theta[0]),
        se=None if first is None else first.se,
        statistic=None if first is None else first.statistic,
        p=None if first is None else first.p,
        ci=None if first is None else first.ci,
        QM=_moderator_test(design, found),
        tau2=float(found.theta[p]),
        tau2_se=found.se_of(p),
        tau2_ci=found.interval(p),
        parameters=parameters,
        loglik=loglik,
        aic=aic,
        bic=bic,
        aicc=aicc,
        lrt=lrt,
        lrt_df=free,
        lrt_p=None if lrt is None else chi2_p(lrt, free),
        unselected_estimate=float(plain.estimate[0, 0]),
        unselected_loglik=plain_loglik,
        warnings=_notes(top, found, parameters, form, counts, design),
    )


def _estimates(top: Maximum, units: FloatArray, p: int, level: float) -> _Estimates:
    unit = np.concatenate([units, np.ones(top.x.size - units.size)])
    free = np.flatnonzero(~top.held)
    se, cov = np.full(top.x.size, np.nan), None
    part = _inverse(-top.hessian[np.ix_(free, free)])
    if part is not None and top.settled:
        cov = np.zeros((top.x.size, top.x.size))
        cov[np.ix_(free, free)] = part
        cov *= np.outer(unit, unit)
        se[free] = np.sqrt(np.diag(cov)[free])
    return _Estimates(top.x * unit, se, cov, p, level)


def _inverse(information: FloatArray) -> FloatArray | None:
    """Return the inverse of a matrix that must be positive definite; None if it is not, or nearly not."""
    size = np.diag(information)
    if not (size > 0.0).all():
        return None
    root = np.sqrt(size)
    scaled = information / np.outer(root, root)
    values, vectors = np.linalg.eigh(scaled)
    if values[0] <= values[-1] / _SINGULAR:
        return None
    inverse: FloatArray = (vectors / values) @ vectors.T / np.outer(root, root)
    return inverse


def _criteria(loglik: float, k: int, n: int) -> tuple[float, float, float]:
    """Return AIC, BIC and AICc with n parameters."""
    m = max(k, n + 2)
    return (
        -2.0 * loglik + 2.0 * n,
        -2.0 * loglik + n * float(np.log(k)),
        -2.0 * loglik + 2.0 * n * m / (m - n - 1),
    )


def _moderator_test(design: Design, found: _Estimates) -> OmnibusTest | None:
    tested = list(design.tested)
    if not tested or found.cov is None:
        return None
    return omnibus_test(found.theta[tested], found.cov[np.ix_(tested, tested)], None)


def _parameters(found: _Estimates, form: SelectionForm) -> tuple[SelectionParameter, ...]:
    """Return the parameters of the weight function; for a step function the first is 1 by definition."""
    names: tuple[str, ...]
    if form.kind == "step":
        null, names = 1.0, tuple(f"delta{j + 2}" for j in range(len(form.fixed)))
        parameters = [_untested("delta1", 1.0, null, is_fixed=True)]
    elif form.kind == "truncation":
        null, names, parameters = 1.0, ("delta",), []
    else:
        weight = WEIGHT_FUNCTIONS[form.kind]
        null, names, parameters = weight.null, weight.names, []
    for j, (name, given) in enumerate(zip(names, form.fixed, strict=True)):
        at = found.p + 1 + j
        value, se = float(found.theta[at]), found.se_of(at)
        if se is None:
            parameters.append(_untested(name, value, null, is_fixed=given is not None))
            continue
        z = (value - null) / se
        parameters.append(
            SelectionParameter(
                name=name,
                value=value,
                null=null,
                is_fixed=False,
                se=se,
                statistic=z,
                p=two_sided_p(z, None),
                ci=found.interval(at),
            )
        )
    return tuple(parameters)


def _untested(name: str, value: float, null: float, *, is_fixed: bool) -> SelectionParameter:
    return SelectionParameter(
        name=name, value=value, null=null, is_fixed=is_fixed, se=None, statistic=None, p=None, ci=None
    )


def _notes(
    top: Maximum,
    found: _Estimates,
    parameters: tuple[SelectionParameter, ...],
    form: SelectionForm,
    counts: NDArray[np.intp],
    design: Design,
) -> tuple[str, ...]:
    notes = []
    if not top.settled:
        notes.append(UNSETTLED)
    elif found.cov is None:
        notes.append(FLAT)
    estimated = not all(parameter.is_fixed for parameter in parameters)
    for j, (where, count) in enumerate(zip(_intervals(form), counts.tolist(), strict=True)):
        if count == 0 and form.kind == "step" and not parameters[j].is_fixed:
            notes.append(f"No study has {where}; the weight of that interval is 0, and not estimated.")
        elif count < _FEW and estimated:
            some = {0: "No study has", 1: "Only 1 study has"}.get(count, f"Only {count} studies have")
            notes.append(f"{some} {where}: what follows from the weight of that interval is weak.")
    if form.loses_shape(parameters[0].value):
        notes.append(NO_SHAPE)
        return (*notes, *_dropped(design))
    held = top.held[found.p + 1 :]
    named = parameters[-held.size :] if held.size else ()
    for parameter, is_held in zip(named, held, strict=True):
        if is_held and not parameter.is_fixed and parameter.value > 1.0:
            notes.append(AT_END.format(name=parameter.name, value=parameter.value))
    return (*notes, *_dropped(design))


def _intervals(form: SelectionForm) -> tuple[str, ...]:
    """Name the intervals between the cut-points, in words that follow "has"."""
    if form.cutoff is not None:
        good, bad = (">", "<=") if form.sign > 0 else ("<", ">=")
        return (f"an effect {good} {form.cutoff:g}", f"an effect {bad} {form.cutoff:g}")
    ends = form.steps.tolist()
    return tuple(f"{low:g} < p <= {high:g}" for low, high in zip([0.0, *ends], ends, strict=False))


def _dropped(design: Design) -> tuple[str, ...]:
    if not design.dropped:
        return ()
    return (f"Moderators dropped because others already determine them: {', '.join(design.dropped)}.",)
