"""A multiverse as plain text: per stratum what the paths say together, and which choice matters."""

from __future__ import annotations

from metamsc.analysis.multiverse_result import Curve, Multiverse
from metamsc.plots.numbers import format_percent, format_value
from metamsc.plots.wording import percent
from metamsc.report.text import align


def multiverse_text(multiverse: Multiverse) -> str:
    """Return the choices that were combined and, for each stratum, its curve in words and numbers."""
    sizes = " × ".join(f"{len(item.options)} {item.name}" for item in multiverse.dimensions)
    lines = [f"{multiverse.title}: {multiverse.n_paths:,} combinations ({sizes})"]
    lines.extend(
        f"  {item.name}: {'; '.join(option.label for option in item.options)}"
        for item in multiverse.dimensions
    )
    return "\n\n".join(["\n".join(lines), *(_curve_text(multiverse, curve) for curve in multiverse.curves)])


def _curve_text(multiverse: Multiverse, curve: Curve) -> str:
    found = curve.summary
    if found is None:
        return f"{curve.label}\n  no combination pools two studies"
    ratio = multiverse.scale.ratio
    rows = [["combinations that pool 2 studies or more", f"{found.n_pooled:,} of {found.n_paths:,}"]]
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
    rows.append([f"estimates {side} no effect", f"{format_percent(100 * found.share_same_sign)} %"])
    level = percent(multiverse.level)
    rows.append(
        [f"{level} interval excludes no effect", f"{format_percent(100 * found.share_significant)} %"]
    )
    if found.share_significant_other_sign > 0:
        rows.append(
            ["  and on the other side of it", f"{format_percent(100 * found.share_significant_other_sign)} %"]
        )
    rows.append(["joint test (signs of studies)", _test_text(curve)])
    moved = "the estimate" if curve.one_scale else "estimate / SE"  # no variance of unlike scales
    shares = [["choice", f"moves {moved}", "moves significance"]]
    shares.extend(
        [one.name, f"{format_percent(100 * one.alone)} %", f"{format_percent(100 * other.alone)} %"]
        for one, other in zip(curve.shares, curve.shares_of_significance, strict=True)
    )
    blocks = [align(rows, left=2), align(shares)]
    body = "\n\n".join("\n".join(f"  {line}" for line in block.splitlines()) for block in blocks)
    return f"{curve.label}\n{body}"


def _test_text(curve: Curve) -> str:
    test = curve.test
    if test is None:
        return f"not run: {curve.not_tested}"
    parts = [] if test.p_median is None else [f"median P = {test.p_median:.3g}"]
    parts += [f"share significant P = {test.p_share:.3g}", f"mean z P = {test.p_z:.3g}"]
    how = "all" if test.exact else "random"
    return f"{', '.join(parts)} ({test.n_patterns} {how} patterns; smallest possible {test.smallest_p:.3g})"
