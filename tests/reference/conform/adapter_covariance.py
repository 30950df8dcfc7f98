"""``vcalc`` and ``aggregate`` -> `correlated_covariance`, `aggregate_effects`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metamsc.effects.aggregate import aggregate_effects
from metamsc.effects.covariance import SamplingCovariance, correlated_covariance

from .adapter_rma import text_of
from .compare import CLOSED_FORM, Answer
from .r_eval import Adapter, Arguments, Env
from .r_parser import Node
from .r_values import Factor, NotSupportedError, as_vector, numeric, scalar


def labels_of(value: Any) -> Any:
    """Return labels of a vector or factor."""
    return value.values if isinstance(value, Factor) else as_vector(value)


@dataclass(frozen=True)
class Vcalc:
    """What ``vcalc`` gives: our blocks."""

    covariance: SamplingCovariance

    def answer(self) -> Answer:
        """Compare the full matrix."""
        return Answer({"value": self.covariance.to_array().tolist()}, CLOSED_FORM)


def vcalc(arguments: Arguments) -> Vcalc:
    """Answer ``vcalc``."""
    bound = arguments.bind("vi", "cluster", "subgroup", "obs", "type")
    names = {"obs": "obs", "type": "outcome", "time1": "time", "grp1": "treat", "grp2": "control",
             "w1": "n_treat", "w2": "n_control"}  # fmt: skip
    if set(bound) - set(names) - {"vi", "cluster", "subgroup", "rho", "phi", "data", "checkpd", "sparse"}:
        raise NotSupportedError(f"vcalc({', '.join(sorted(bound))}=)")
    env = arguments.env
    inner = env.within(env.evaluate(bound["data"]) if "data" in bound else None)
    given: dict[str, Any] = {
        ours: labels_of(inner.evaluate(bound[n])) for n, ours in names.items() if n in bound
    }
    study = list(labels_of(inner.evaluate(bound["cluster"])))
    if "subgroup" in bound:
        study = list(zip(study, labels_of(inner.evaluate(bound["subgroup"])), strict=True))
    vi = numeric(inner.evaluate(bound["vi"]))
    given["study"] = np.empty(len(study), dtype=object)
    given["study"][:] = study
    if "phi" in bound:
        given["phi"] = scalar(inner.evaluate(bound["phi"]))
    if "rho" in bound:
        rho = numeric(inner.evaluate(bound["rho"]))
        if rho.ndim > 1 or rho.size != ("obs" in bound) + ("type" in bound):
            raise NotSupportedError("vcalc with a matrix of correlations")
        if "obs" in bound:
            given["rho"] = float(rho[0])
        if "type" in bound:
            given["rho_outcome"] = float(rho[-1])
    return Vcalc(correlated_covariance(np.resize(vi, len(study)) if vi.size == 1 else vi, **given))


class Aggregated(dict[str, Any]):
    """A data frame of one effect per cluster."""

    def answer(self) -> Answer:
        """Compare effects and variances."""
        return Answer({name: list(self[name]) for name in ("yi", "vi")}, CLOSED_FORM)


def aggregate(arguments: Arguments) -> Aggregated:
    """Answer ``aggregate`` of effects."""
    bound = arguments.bind("x", "cluster")
    if set(bound) - {"x", "cluster", "struct", "rho", "V", "weighted", "digits"} or "cluster" not in bound:
        raise NotSupportedError(f"aggregate({', '.join(sorted(bound))}=)")
    env = arguments.env
    frame = _effects_frame(bound["x"], env)
    inner = env.within(frame)
    struct = text_of(inner, bound, "struct", "CS")
    if struct not in ("CS", "ID") or "V" in bound:
        raise NotSupportedError(f"aggregate(struct={struct!r})")
    rho = scalar(inner.evaluate(bound["rho"])) if struct == "CS" and "rho" in bound else 0.0
    if struct == "CS" and "rho" not in bound:
        raise NotSupportedError("aggregate without rho")
    y, v = numeric(frame["yi"]), numeric(frame["vi"])
    if np.isnan(y).any() or np.isnan(v).any():
        raise NotSupportedError("aggregate with missing values")
    V = correlated_covariance(v, study=labels_of(inner.evaluate(bound["cluster"])), rho=rho)
    weighted = bool(as_vector(inner.evaluate(bound["weighted"]))[0]) if "weighted" in bound else True
    found = aggregate_effects(y, V, weighted=weighted)
    return Aggregated(yi=found.yi, vi=found.vi)


def _effects_frame(node: Node, env: Env) -> dict[str, Any]:
    """Return a data frame with yi and vi; ``escalc`` of given yi and vi only names them."""
    if isinstance(node, dict) and node.get("call") == "escalc":
        given = {name: arg for name, arg in node["args"] if name is not None}
        if set(given) == {"yi", "vi", "data"}:
            frame = env.evaluate(given["data"])
            inner = env.within(frame)
            return {**frame, "yi": inner.evaluate(given["yi"]), "vi": inner.evaluate(given["vi"])}
        raise NotSupportedError("aggregate of computed effects")
    value = env.evaluate(node)
    if not isinstance(value, dict) or not {"yi", "vi"} <= set(value):
        raise NotSupportedError("aggregate of something that is not effects")
    return value


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families."""
    adapters.update({"vcalc": vcalc, "aggregate": aggregate})
