"""Plausibility: numbers that may be right and look like a slip of unit, sign or decimal point."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.references import percent_change_only
from metamsc.checks.rule import Finding
from metamsc.errors import UnitError
from metamsc.outcomes.catalogue import Outcome, catalogue
from metamsc.outcomes.units import convert
from metamsc.records.model import Study
from metamsc.vocabulary import Setting


def plausible_range(outcome: Outcome, setting: Setting, unit: str) -> tuple[float, float] | None:
    """Range of a group mean in `unit`; None when the catalogue has none that converts to it."""
    for entry in outcome.plausible:
        if entry.setting is not setting:
            continue
        try:
            low, high = (convert(bound, outcome, entry.unit, unit).value for bound in entry.range)
        except UnitError:
            continue
        return low, high
    return None


def check_means_plausible(study: Study) -> Iterator[Finding]:
    """Check that means and medians lie where group means lie; changes are no wider."""
    for index, result in enumerate(study.results):
        outcome = catalogue().outcomes.get(result.outcome)
        if outcome is None or result.unit is None or not outcome.accepts(result.unit):
            continue
        limits = plausible_range(outcome, study.study.setting, result.unit)
        if limits is None or percent_change_only(result):
            continue
        low, high = limits
        for arm, value in (result.arms or {}).items():
            for name in ("mean", "median", "change"):
                number = getattr(value, name)
                if number is None:
                    continue
                least, most = (low - high, high - low) if name == "change" else (low, high)
                if not least <= number <= most:
                    message = (
                        f"{name} {number:g} {result.unit}; expected {least:.4g} to {most:.4g} {result.unit}"
                    )
                    hint = "check unit, sign and decimal point against the paper"
                    yield Finding(("results", index, "arms", arm, name), message, hint)
