"""Known missing trials, and what they could do to a pooled effect: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingTrial:
    """A trial known to exist whose result is not known.

    `n` participants, if known, or `vi`, the sampling variance its effect would have. `status` says whether
    it is missing because of what it showed ("selected", "unclear" or "unrelated", see
    ``missing_table.STATUSES``), `reason` why in words.
    """

    label: str
    n: float | None = None
    vi: float | None = None
    status: str = "unclear"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """The effect of the missing trials at which a conclusion changes.

    Attributes
    ----------
    change : str
        "loses significance", "becomes significant", "changes direction" or "passes the threshold".
    effect : float or None
        The one nearest to the present estimate, everything estimated anew with the missing trials in;
        None where no effect within 50 prediction SDs does it.
    effect_tau2_held : float or None
        The same in closed form, tau2 held at its present value and intervals by normal quantiles; None
        where no effect can do it.
    distance : float or None
        `effect` minus the present estimate, in SDs of the prediction for a new trial's true effect.
    chance : float or None
        Probability, under that prediction (t with k - 1 degrees of freedom), of a true effect as far or
        further on that side.
    """

    change: str
    effect: float | None
    effect_tau2_held: float | None
    distance: float | None
    chance: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingBound:
    """What known missing trials could do to a pooled effect.

    Attributes
    ----------
    k, n_missing : int
    estimate, tau2 : float
        Of the trials there are.
    is_significant : bool
    is_significant_if_alike : bool
        Whether it is with the missing trials in, all of them showing the present estimate. Where it is
        not significant now and would be then, the tipping point of significance is where that ends.
    weight_percent : float
        Share of the weight that the missing trials would have, tau2 held.
    tipping_points : tuple of TippingPoint
    n_null_trials : int or None
        Trials without an effect, each as large as a median one, that it would take to lose significance
        (tau2 held, normal quantiles); None if it is not significant.
    largest_bias : float
        Copas & Jackson's bound on the bias of the estimate when that many trials are missing, whatever
        the reason, as long as the less precise of two trials is not the more likely to be seen.
    warnings : tuple of str
    """

    k: int
    n_missing: int
    estimate: float
    tau2: float
    is_significant: bool
    is_significant_if_alike: bool
    weight_percent: float
    tipping_points: tuple[TippingPoint, ...]
    n_null_trials: int | None
    largest_bias: float
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["tipping_points"] = [point.to_dict() for point in self.tipping_points]
        return {**values, "warnings": list(self.warnings)}
