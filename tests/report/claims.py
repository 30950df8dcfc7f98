"""A reader of our sentences: takes what a paragraph claims and holds it against the numbers.

It knows nothing of how sentences are made; it reads the printed text, and compares what it finds with the
result object.
"""

from __future__ import annotations

import math
import re

from metamsc.analysis.result import AnalysisResult, Stratum

NUMBER = r"[<>]?[−-]?\d[\d,]*(?:\.\d+)?"
NEVER = (
    "significan", "no effect", "ineffective", "proves", "proven", "trend towards", "confirms",
    "demonstrat", "no difference between", "nan", "None", "inf ", "  ",
)  # fmt: skip
"""What no sentence says: a test as a finding, absence of evidence as evidence, broken numbers."""
UNITS = (
    "percentage points", "standard deviation", "risk ratio", "risk difference", "ratio of means",
    "ratios of", "odds ratio", "a ratio of 1", "mmol/L", "U/kg/day", "mean difference",
)  # fmt: skip
_NOT_EFFECTS = (
    r"I² [<\d.]+%(?: \(\d+% \w+(?: \w+)? [<\d.]+ to [<\d.]+%\))?", r"τ² was .*?\)", r"tau2",
    r"\d+(?:\.\d+)?% (?:CI|prediction interval|credible interval|power|probability|interval)",
    r"\d+ contributes?",
    r"\bk [=≥<] ?\d+", r"got \d+", r"\d+ (?:more in the table|other choices?|choices?|other ways?)",
    r"at least \d+ are needed",
    r"\d+ (?:stud|participant|animal|comparison|row|record|result|pooled|clinical|of \d+)\w*",
    r"\(\d+\)", r"under \d+ (?:of|it)", r"p [=<] ?[\d.]+", r"[tzQF] = [−\d.]+",
    r"df = [\d.]+(?: and [\d.]+)?", r"(?:more|less) than \d+%", r"[Tt]ype [12]", r"T[12]D",
    r"\b(?:19|20)\d\d\b", r"\d+(?:\.\d+)?%", r"would need [\d,]+", r"\d+ of 100", r"\d+ of them",
    r"statistic [−\d.]+", r"\d+ (?:months|weeks|days)", r"SD 1", r"heterogeneity is taken as 0", r"HbA1c",
)  # fmt: skip


def sentences(text: str) -> list[str]:
    """Split a paragraph where a full stop is followed by a capital letter."""
    return [part.strip() for part in re.split(r"(?<=[.)])\s+(?=[A-Z])", text) if part.strip()]


def value(text: str) -> float:
    """Return a printed number."""
    return float(text.replace("−", "-").replace(",", ""))


def side(number: float, mark: float) -> int:
    """Return on which side of a mark a number lies, as a reader of decimals sees it."""
    return 0 if math.isclose(number, mark, rel_tol=1e-9, abs_tol=1e-9) else (1 if number > mark else -1)


def same_number(text: str, exact: float, result: AnalysisResult) -> bool:
    """Say whether a printed number is the exact one rounded, on its side of no difference."""
    if text[0] in "<>":
        bound = value(text[1:])
        return exact < bound if text[0] == "<" else exact > bound
    printed, none = value(text), result.scale.shown(result.scale.null)
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return abs(printed - exact) <= half * (1 + 1e-6) and side(printed, none) == side(exact, none)


def check_every_sentence(result: AnalysisResult, text: str) -> None:
    """Hold what no sentence may say, and the unit of each number that is an effect."""
    for sentence in sentences(text):
        for word in NEVER:
            assert word not in sentence, f"{word!r} in {sentence!r}"
        left = sentence
        for row in result.table.rows:
            left = left.replace(row.label, "")
        for pattern in _NOT_EFFECTS:
            left = re.sub(pattern, " ", left)
        if re.search(r"\d", left):
            unit = result.scale.unit
            named = any(word in sentence for word in UNITS) or (bool(unit) and unit in sentence)
            assert named, f"no unit in {sentence!r}: left {left!r}"


def check_pool(result: AnalysisResult, stratum: Stratum, text: str) -> None:
    """Hold what a paragraph says of one pool: number of studies, direction, interval, caution."""
    pooled, scale = stratum.pooled, result.scale
    inside = side(pooled.ci.low, 0.0) <= 0 <= side(pooled.ci.high, 0.0)
    assert ("The interval includes" in text or "has no width" in text) is inside, text
    assert ("The interval excludes" in text) is not inside, text
    assert ("not evidence that" in text) is (inside and "has no width" not in text), text
    _check_direction(result, stratum, text)
    _check_studies(stratum, text)
    large = re.search(r"(?:estimate|interval) is at least as large as [^;]*?\) in favour of (\w+)", text)
    if large is not None and scale.lower_is_better is not None:
        assert (large[1] == scale.treatment_label) is ((pooled.estimate < 0) == scale.lower_is_better), text
    if scale.mid is not None:
        _check_importance(result, stratum, text)
    favours = re.search(r"all of it favours (\w+)", text)
    if favours is not None and scale.lower_is_better is not None:
        assert (favours[1] == scale.treatment_label) is ((pooled.ci.high < 0) == scale.lower_is_better)
    if pooled.pi is not None and "prediction interval" in text and "not independent" not in text:
        within = side(pooled.pi.low, 0.0) <= 0 <= side(pooled.pi.high, 0.0)
        found = re.search(r"[Ii]t (includes|excludes) a", text)
        assert found is not None
        assert (found[1] == "includes") is within, text


def _check_importance(result: AnalysisResult, stratum: Stratum, text: str) -> None:
    """Hold the sentence on the minimal important difference against the exact numbers."""
    mid, pooled = result.scale.mid or 0.0, stratum.pooled
    inside = side(pooled.ci.low, -mid) > 0 > side(pooled.ci.high, mid)
    beyond = side(pooled.ci.high, -mid) <= 0 or side(pooled.ci.low, mid) >= 0
    large = side(abs(pooled.estimate), mid) >= 0
    assert bool(re.search(r"Every value in the interval is (?:just )?smaller", text)) is inside, text
    assert ("Every value in the interval is at least" in text) is beyond, text
    assert ("The estimate is at least as large" in text) is (large and not beyond), text
    assert bool(re.search(r"The estimate is (?:just )?smaller", text)) is not (large or inside or beyond), (
        text
    )


def _check_direction(result: AnalysisResult, stratum: Stratum, text: str) -> None:
    estimate = stratum.pooled.estimate
    finding = re.search(
        r"was(?:, on average,|, in one study,) ([^;(]*?(?:lower|higher|likely|same|high)\b)", text
    )
    said = finding[1] if finding is not None else ""
    technical = re.search(r"\): [^.]*?was (lower|higher|less likely|more likely|the same)", text)
    said = technical[1] if technical is not None else said
    times = re.search(r"times as (?:high|likely)", text.split(" (", maxsplit=1)[0])
    where = side(estimate, 0.0)
    if where == 0:
        assert "the same" in said, text
    elif times is not None and technical is None:
        assert where > 0, text
    else:
        word = ("lower", "less likely") if where < 0 else ("higher", "more likely")
        assert said.endswith(word), (said, text)


def _check_studies(stratum: Stratum, text: str) -> None:
    k = stratum.pooled.k
    if k == 1:
        assert "one study" in text
        assert "nothing was pooled" in text
        assert "prediction interval" not in text
        return
    assert re.search(rf"\b{k} (?:studies|comparisons)", text) is not None, text
    if k < 5 and stratum.pooled.tau2_method != "EE":
        assert re.search(r"cannot be estimated|not independent", text), text


def check_printed_numbers(result: AnalysisResult, stratum: Stratum, text: str) -> None:
    """Hold the numbers of a technical paragraph: estimate, interval, prediction interval."""
    pooled, shown = stratum.pooled, result.scale.shown
    found = re.search(rf", was ({NUMBER})[^(]*\(\d+% (?:CI|credible interval) ({NUMBER}) to ({NUMBER})", text)
    assert found is not None, text
    for printed, exact in zip(found.groups(), (pooled.estimate, pooled.ci.low, pooled.ci.high), strict=True):
        assert same_number(printed, shown(exact), result), (printed, shown(exact))
    if pooled.pi is not None and "for the true effect in a new study was" in text:
        ends = re.search(rf"in a new study was [a-z ]*({NUMBER}) to ({NUMBER})", text)
        assert ends is not None, text
        for printed, exact in zip(ends.groups(), (pooled.pi.low, pooled.pi.high), strict=True):
            assert same_number(printed, shown(exact), result), (printed, shown(exact))
