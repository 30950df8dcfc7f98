"""What can be chosen when pooling, checked together: a choice that would be ignored is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metamsc.errors import InputError, OptionError, check_option
from metamsc.models.presets import DEFAULT_PRESET
from metamsc.models.presets import preset as find_preset

INVERSE_VARIANCE = "inverse-variance"
METHODS: dict[str, str] = {
    INVERSE_VARIANCE: "effects weighted by 1 / (vi + tau2); any measure",
    "mh": "Mantel-Haenszel, a common effect from the counts: OR, RR, RD, IRR, IRD",
    "peto": "Peto's one-step common odds ratio: events below 1%, arms of similar size",
    "glmm-um-fs": "binomial-normal GLMM, a fixed intercept per study: OR, IRR",
    "glmm-um-rs": "the same with random study intercepts: OR, IRR",
    "glmm-cm-el": "GLMM conditional on the events of both arms, exact: OR, IRR; of one group: PLO, IRLN",
    "glmm-cm-al": "the same with the binomial approximation, for rare events: OR, IRR",
    "beta-binomial": "arms with a common intra-class correlation, double-zero studies kept: OR, RR, RD",
    "bayes": "normal-normal hierarchical model with a prior of tau; any measure",
}
"""Name of a method -> what it does and for which measures."""
FROM_COUNTS = tuple(name for name in METHODS if name not in (INVERSE_VARIANCE, "bayes"))
DEFAULT_RHO = 0.6
_TAKES: dict[str, tuple[str, ...]] = {
    INVERSE_VARIANCE: ("preset", "tau2_method", "ci_method", "pi_method"),
    "bayes": ("tau_prior", "mu_prior"),
}
_GLMM_TAKES = ("tau2_method", "ci_method")
_CLUSTERED_TAKES = ("tau2_method", "rho")
_NEEDS_A_METHOD = ("preset", "tau2_method", "ci_method", "pi_method", "tau_prior", "mu_prior", "rho")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChoice:
    """How to pool, everything filled in.

    `tau2_method`, `ci_method` and `pi_method` are those of the preset unless given, and stand for themselves
    only where the method uses them. `rho` is the assumed correlation within a cluster; `mid` a threshold on
    the analysis scale, with its sign; `tau2` a value to use instead of estimating one.
    """

    method: str = INVERSE_VARIANCE
    preset: str = DEFAULT_PRESET
    tau2_method: str = "REML"
    ci_method: str = "hksj-adhoc"
    pi_method: str = "t"
    level: float = 0.95
    tau_prior: str | None = None
    mu_prior: str | None = None
    clustered: bool = False
    rho: float = DEFAULT_RHO
    mid: float | None = None
    tau2: float | None = None

    @property
    def model_options(self) -> dict[str, Any]:
        """Keyword arguments of :func:`metamsc.models.pool.pool`."""
        return {
            "tau2_method": self.tau2_method,
            "ci_method": self.ci_method,
            "pi_method": self.pi_method,
            "level": self.level,
            "tau2": self.tau2,
        }


def make_choice(
    *, method: str = INVERSE_VARIANCE, clustered: bool = False, mid: float | None = None, **given: Any
) -> PoolChoice:
    """Return a choice with the preset's methods filled in.

    Parameters
    ----------
    method : str
        Key of :data:`METHODS`.
    clustered : bool
        Whether rows of one cluster are dependent.
    mid : float, optional
        Threshold on the analysis scale.
    **given
        preset, tau2_method, ci_method, pi_method, level, tau_prior, mu_prior, rho; None means not given.

    Raises
    ------
    OptionError
        If a value is not allowed, or the method would not use a choice that was given.
    """
    check_option("method", method, METHODS)
    given = {name: value for name, value in given.items() if value is not None}
    _check_used(method, given, clustered=clustered)
    name = str(given.get("preset", DEFAULT_PRESET))
    base = find_preset(name)
    chosen: Mapping[str, Any] = {
        "tau2_method": base.tau2_method,
        "ci_method": base.ci_method,
        "pi_method": base.pi_method,
        **given,
    }
    if clustered and method == INVERSE_VARIANCE and chosen["tau2_method"] not in ("REML", "ML"):
        raise OptionError(
            f"tau2_method must be REML or ML with a cluster (its model has likelihoods only); got "
            f"{chosen['tau2_method']!r}."
        )
    if not 0.0 <= float(chosen.get("rho", DEFAULT_RHO)) < 1.0:
        raise InputError(f"rho is a correlation in [0, 1); got {chosen['rho']!r}.")
    if method.startswith("glmm"):
        chosen = _glmm_defaults(given)
    return PoolChoice(method=method, clustered=clustered, mid=mid, **{**chosen, "preset": name})


def _glmm_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    tau2, ci = given.get("tau2_method", "ML"), given.get("ci_method", "wald")
    check_option("tau2_method (of a GLMM)", tau2, ("ML", "EE"))
    check_option("ci_method (of a GLMM)", ci, ("wald", "t"))
    return {**given, "tau2_method": tau2, "ci_method": ci}


def _check_used(method: str, given: Mapping[str, Any], *, clustered: bool) -> None:
    """Refuse choices that the method does not use, rather than ignore them."""
    if clustered and method != INVERSE_VARIANCE:
        raise OptionError(
            f"method {method!r} takes every row as independent; a cluster needs {INVERSE_VARIANCE!r}."
        )
    used = _CLUSTERED_TAKES if clustered else _TAKES.get(method, ())
    used = _GLMM_TAKES if method.startswith("glmm") else used
    for name in _NEEDS_A_METHOD:
        if name in given and name not in used:
            where = "with a cluster" if clustered else f"by method {method!r}"
            takes = ", ".join(used) or "none of these choices"
            raise OptionError(f"{name} is not used {where}, which takes {takes}.")
