"""How much work a plan of a branch may ask for: `impact --plans head` runs it before anybody has read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_sensitivity import ChoicesPlan, SubsetsPlan

MOST_PLANS = 20
"""Plans of a branch that are run; those that the base has just so are not counted."""
MOST_ANALYSES = 200
"""Sensitivity analyses of all these plans together: each takes some thirty milliseconds."""
MOST_PLAN_BYTES = 300_000
"""Of plans that differ, read at all; shipped ones have 1,000 to 2,000, and a thousand bytes of options that
mean nothing take up to a tenth of a second."""


def beyond_limits(old: Mapping[str, AnalysisSpec], new: Mapping[str, AnalysisSpec]) -> dict[str, str]:
    """Say which plans of a branch are not run, and why.

    Parameters
    ----------
    old, new : mapping of str to AnalysisSpec
        Plans of base and branch, by file. What the base has is the keepers' own, and has no limit.

    Returns
    -------
    dict of str to str
        File -> reason.
    """
    brought = [file for file in sorted(new) if old.get(file) != new[file]]
    found = dict.fromkeys(brought[MOST_PLANS:], f"more than {MOST_PLANS} plans differ from those of the base")
    named = 0
    for file in brought[:MOST_PLANS]:
        named += len(new[file].named_analyses)
        reasons = list(_larger_than_usual(new[file]))
        if named > MOST_ANALYSES:
            reasons.append(f"the branch's plans ask for more than {MOST_ANALYSES} sensitivity analyses")
        if reasons:
            found[file] = "; ".join(reasons)
    return found


def _larger_than_usual(spec: AnalysisSpec) -> Iterator[str]:
    """Yield the numbers of runs that a plan raises above what it gets unasked."""
    plan = spec.stress
    if plan is None:
        return
    usual_choices, usual_subsets = ChoicesPlan(), SubsetsPlan()
    choices = plan.choices if isinstance(plan.choices, ChoicesPlan) else usual_choices
    subsets = plan.subsets if isinstance(plan.subsets, SubsetsPlan) else usual_subsets
    for name, asked, most in (
        ("choices.max_paths", choices.max_paths, usual_choices.max_paths),
        ("choices.patterns", choices.patterns, usual_choices.patterns),
        ("subsets.number", subsets.number, usual_subsets.number),
    ):
        if asked > most:
            yield f"`sensitivity.{name}` is {asked:,}, and at most {most:,} are run of a branch's plan"
