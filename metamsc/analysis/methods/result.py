"""One shape for every method: the keys of a pooled result, and one sub-object for what only some have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from metamsc.errors import InputError
from metamsc.models.results import Coefficient, Heterogeneity, Interval, OmnibusTest, PooledResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """A pooled effect by any method, with the fields of :class:`~metamsc.models.results.PooledResult`.

    A field that the method does not have is None (`heterogeneity`: all its parts). `details` holds what
    only some methods have: ``method``; ``preset``; ``mid``, the probabilities of passing a threshold;
    ``result``, the method's own numbers; and what is said in docs/analysis.md.
    """

    measure: str
    k: int
    estimate: float
    se: float | None
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval
    pi: Interval | None
    level: float
    tau2_method: str | None
    ci_method: str
    pi_method: str | None
    heterogeneity: Heterogeneity | None
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None = None
    R2: float | None = None
    loglik: float | None = None
    aic: float | None = None
    bic: float | None = None
    aicc: float | None = None
    weights_percent: tuple[float, ...] | None = None
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_pooled(cls, pooled: PooledResult, details: Mapping[str, Any]) -> MethodResult:
        """Return an inverse-variance result in this shape."""
        fields = {name: getattr(pooled, name) for name in PooledResult.__slots__}
        return cls(**fields, details=details)

    @property
    def method(self) -> str:
        """Name of the method."""
        return str(self.details["method"])

    def with_details(self, **more: Any) -> MethodResult:
        """Return the result with more details."""
        return replace(self, details={**self.details, **more})

    def as_pooled(self) -> PooledResult:
        """Return the result as a :class:`PooledResult`, which tables and figures take.

        Raises
        ------
        InputError
            If the method has no standard error or no heterogeneity.
        """
        if self.se is None or self.heterogeneity is None or self.weights_percent is None:
            raise InputError(
                f"method {self.method!r} gives no standard error or no heterogeneity here, and cannot be the "
                "planned analysis; it can stand beside it as a sensitivity analysis."
            )
        fields = {name: getattr(self, name) for name in PooledResult.__slots__}
        fields["tau2_method"], fields["pi_method"] = self.tau2_method or "", self.pi_method or ""
        return PooledResult(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict: the keys of ``PooledResult.to_dict`` and ``details``."""
        values: dict[str, Any] = {name: getattr(self, name) for name in PooledResult.__slots__}
        values["ci"] = self.ci.to_dict()
        values["pi"] = None if self.pi is None else self.pi.to_dict()
        values["heterogeneity"] = (
            dict.fromkeys(Heterogeneity.__slots__)
            if self.heterogeneity is None
            else self.heterogeneity.to_dict()
        )
        values["coefficients"] = [item.to_dict() for item in self.coefficients]
        values["QM"] = None if self.QM is None else self.QM.to_dict()
        values["weights_percent"] = None if self.weights_percent is None else list(self.weights_percent)
        values["warnings"] = list(self.warnings)
        return {**values, "details": dict(self.details)}
