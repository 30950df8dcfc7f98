"""A multiverse as plain text: per stratum what the paths say together, and which choice matters."""

from __future__ import annotations

import math

from metamsc.analysis.multiverse_result import Curve, Multiverse
from metamsc.plots.numbers import format_percent, format_value
from metamsc.plots.specification_layout import decision_words, option_words
from metamsc.plots.wording import percent
from metamsc.report.text import align


def multiverse_text(multiverse: Multiverse) -> str:
    """Return the choices that were combined and, for each stratum, its curve in words and numbers."""
    sizes = " × ".join(str(len(item.options)) for item in multiverse.dimensions)
    lines = [f"{multiverse.title}: {multiverse.n_paths:,} combinations ({sizes})"]
    for item in multiverse.dimensions:
        options = "; ".join(option_words(item.name, option.label) for option in item.options)
        lines.append(f"  {decision_words(item.name)} ({item.name}): {options}")
    return "\n\n".join(["\n".join(lines), *(_curve_text(multiverse, curve) for curve in multiverse.curves)])


def _curve_text(multiverse: Multiverse, curve: Curve) -> str:
    found = curve.summary
    if found is None:
        return f"{curve.label}\n  no combination pools two studies"
    ratio = multiverse.scale.ratio
    level = percent(multiverse.level)
    rows = [["combinations that pool 2 studies or more", f"{found.n_pooled:,} of {found.n_paths:,}"]]
    rows.append([f"the plan, {level} interval", _planned(multiverse, curve)])
    if curve.one_scale:
        low, q25, median, q75, high = (
            format_value(value, ratio=ratio, decimals=3)
            for value in (found.low, found.q25, found.median, found.q75, found.high)
        )
        unit = f" {multiverse.scale.unit}" if multiverse.scale.unit else ""
        rows.append(
            [f"median estimate (quartiles; range){unit}", f"{median} ({q25} to {q75}; {low} to {high})"]
        )
    else:
        rows.append(["estimates", "on several scales; see --output"])
    side = "above" if found.sign > 0 else "below"
    rows.append([f"estimates {side} no effect", f"{format_percent(100 * found.share_same_sign)}%"])
    rows.append([f"{level} interval excludes no effect", f"{format_percent(100 * found.share_significant)}%"])
    if found.share_significant_other_sign > 0:
        rows.append(
            ["  and on the other side of it", f"{format_percent(100 * found.share_significant_other_sign)}%"]
        )
    rows.append(["joint test (signs of studies)", _test_text(curve)])
    moved = "the estimate" if curve.one_scale else "estimate / SE"  # no variance of unlike scales
    shares = [["choice", f"moves {moved}", "moves significance"]]
    for one, other in zip(curve.shares, curve.shares_of_significance, strict=True):
        parts = [f"{format_percent(100 * share.alone)}%" for share in (one, other)]
        shares.append([decision_words(one.name), *parts])
    blocks = [align(rows, left=2), align(shares)]
    body = "\n\n".join("\n".join(f"  {line}" for line in block.splitlines()) for block in blocks)
    return f"{curve.label}\n{body}"


def _planned(multiverse: Multiverse, curve: Curve) -> str:
    """Return what the plan itself gives, or why it is not among the combinations."""
    if not multiverse.planned.any():
        return "not among the combinations"
    place = int(multiverse.planned.argmax())
    if math.isnan(curve.estimate[place]):
        return "pools fewer than 2 studies"
    numbers = (curve.estimate[place], curve.ci_low[place], curve.ci_high[place])
    ratio = multiverse.scale.ratio
    estimate, low, high = (format_value(float(value), ratio=ratio, decimals=3) for value in numbers)
    return f"{estimate} ({low} to {high})"


def _test_text(curve: Curve) -> str:
    test = curve.test
    if test is None:
        return f"not run: {curve.not_tested}"
    parts = [] if test.p_median is None else [f"median P = {test.p_median:.3g}"]
    parts += [f"share significant P = {test.p_share:.3g}", f"mean z P = {test.p_z:.3g}"]
    how = f"all {test.n_patterns}" if test.exact else f"{test.n_patterns} random"
    return f"{', '.join(parts)} ({how} patterns; smallest possible {test.smallest_p:.3g})"
