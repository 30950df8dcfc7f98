"""Whether the risk of bias of a result is one that the plan takes.

Only overall judgements count: none is worked out from domains, which no tool does mechanically. A
judgement on the outcome comes before one on the whole study; one on another outcome is not used.
"""

from __future__ import annotations

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.selection import RiskOfBiasRule
from metamsc.records.model import Study
from metamsc.records.results import RiskOfBias
from metamsc.vocabulary import RobJudgement, RobTool

RANKS: dict[RobJudgement, int] = {
    RobJudgement.LOW: 0,
    RobJudgement.SOME_CONCERNS: 1,
    RobJudgement.MODERATE: 1,
    RobJudgement.UNCLEAR: 1,
    RobJudgement.SERIOUS: 2,
    RobJudgement.HIGH: 3,
    RobJudgement.CRITICAL: 3,
}
"""The words of all tools on one scale, worse being higher; "no information" is no judgement."""

FLOORS: dict[str, int] = {"low": 0, "some-concerns": 1, "serious": 2}
"""Highest rank that each value of `risk_of_bias.at_most` takes; "any" has none."""


def find_judgement(study: Study, outcome: str, tools: tuple[RobTool, ...] = ()) -> RobJudgement | None:
    """Return the overall judgement on a study's result of one outcome, or None where there is none.

    Parameters
    ----------
    study : Study
    outcome : str
        Outcome id.
    tools : tuple of RobTool
        Whose judgements count; every one when empty.

    Notes
    -----
    Of several on the same outcome (two assessors, two tools) the worst one is taken.
    """
    for about in (outcome, None):
        found = [
            entry.overall
            for entry in study.risk_of_bias
            if entry.outcome == about and _counts(entry, tools) and entry.overall in RANKS
        ]
        if found:
            return max((item for item in found if item is not None), key=RANKS.__getitem__)
    return None


def check_risk_of_bias(study: Study, outcome: str, rule: RiskOfBiasRule) -> str:
    """Return a note on a result that is taken without a judgement; "" for every other one that is taken.

    Raises
    ------
    Unusable
        If the risk is above the floor, or not judged where that is left out; says which.
    """
    if rule.at_most == "any":
        return ""
    judgement = find_judgement(study, outcome, rule.tools)
    if judgement is None:
        why = f"risk of bias {_not_judged(study, outcome, rule.tools)}; the plan takes at most {rule.at_most}"
        if rule.not_judged == "drop":
            raise Unusable("risk-of-bias", why)
        return f"{why} and keeps results without a judgement"
    if RANKS[judgement] > FLOORS[rule.at_most]:
        raise Unusable(
            "risk-of-bias", f"risk of bias judged {judgement.value}; the plan takes at most {rule.at_most}"
        )
    return ""


def _counts(entry: RiskOfBias, tools: tuple[RobTool, ...]) -> bool:
    return not tools or entry.tool in tools


def _not_judged(study: Study, outcome: str, tools: tuple[RobTool, ...]) -> str:
    """Say what there is in place of an overall judgement."""
    near = [entry for entry in study.risk_of_bias if entry.outcome in (outcome, None)]
    fitting = [entry for entry in near if _counts(entry, tools)]
    if near and not fitting:
        return f"judged by another tool only ({', '.join(sorted({entry.tool.value for entry in near}))})"
    if any(entry.overall is RobJudgement.NO_INFORMATION for entry in fitting):
        return "could not be judged (no information)"
    return "judged by domains only, without an overall judgement" if fitting else "not judged"
