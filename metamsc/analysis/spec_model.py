"""How the rows of a plan are pooled: its `model` key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, METHODS, PoolChoice, make_choice
from metamsc.dataset.rows import MODERATORS
from metamsc.models.presets import DEFAULT_PRESET, PRESETS, preset
from metamsc.records.values import Part, Text

PLANNED = tuple(name for name in METHODS if name != "beta-binomial")
"""Methods that a plan can pool by."""
CLUSTERS = ("study", "cohort", *MODERATORS)
"""What rows can be clustered by."""


class ModelChoice(Part):
    """How rows are pooled. What is left out comes from the preset."""

    method: Text = INVERSE_VARIANCE
    """inverse-variance, mh, peto, glmm-um-fs, glmm-um-rs, glmm-cm-el, glmm-cm-al or bayes."""
    preset: Text = DEFAULT_PRESET
    """A named set of the next three choices."""
    tau2_method: Text | None = None
    """Estimator of tau2: EE, DL, HE, HS, HSk, SJ, ML, REML, EB, PM or PMM."""
    ci_method: Text | None = None
    """Interval of the mean: wald, t, hksj or hksj-adhoc."""
    pi_method: Text | None = None
    """Quantile of the prediction interval: t, riley, normal or simple."""
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Level of every interval, a fraction."""
    tau2_sharing: Literal["separate", "common"] = "separate"
    """Whether the strata of one variable have a tau2 each, or one together."""
    cluster: Text | None = None
    """What rows that depend on each other share: study, cohort or a moderator."""
    rho: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Correlation assumed of the sampling errors within a cluster; 0.6 when left out."""
    tau_prior: Text | None = None
    """Prior of tau for method bayes and for the Bayesian sensitivity analysis: half-normal:0.5, turner."""
    mu_prior: Text | None = None
    """Prior of the mean effect for method bayes, normal:MEAN:SD; flat when left out."""

    @model_validator(mode="after")
    def _known(self) -> ModelChoice:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {self.preset!r}")
        if self.method not in PLANNED:
            raise ValueError(
                f"method must be one of {', '.join(PLANNED)}; got {self.method!r}{_why(self.method)}"
            )
        if self.cluster is not None and self.cluster not in CLUSTERS:
            raise ValueError(f"cluster must be one of {', '.join(CLUSTERS)}; got {self.cluster!r}")
        return self

    def choice(self, mid: float | None = None) -> PoolChoice:
        """Return the choices as the pooling takes them.

        Parameters
        ----------
        mid : float, optional
            Minimal important difference on the analysis scale, with its sign.

        Raises
        ------
        OptionError
            If a choice is not allowed, or the method would not use it.
        """
        given = {name: getattr(self, name) for name in ("tau2_method", "ci_method", "pi_method", "rho")}
        if self.method == "bayes":
            given |= {"tau_prior": self.tau_prior, "mu_prior": self.mu_prior}
        if self.method == INVERSE_VARIANCE and self.cluster is None:
            given["preset"] = self.preset
        return make_choice(
            method=self.method, clustered=self.cluster is not None, mid=mid, level=self.level, **given
        )

    def options(self) -> dict[str, Any]:
        """Return the full set of keyword arguments of :func:`metamsc.models.pool.pool`."""
        base = preset(self.preset)
        return {
            "tau2_method": self.tau2_method or base.tau2_method,
            "ci_method": self.ci_method or base.ci_method,
            "pi_method": self.pi_method or base.pi_method,
            "level": self.level,
        }


def _why(method: str) -> str:
    """Say why a method that there is cannot be the planned one."""
    if method != "beta-binomial":
        return ""
    return (
        "; the beta-binomial model compares arms across studies, which does not respect randomisation: it is "
        "run beside sparse counts by itself"
    )
