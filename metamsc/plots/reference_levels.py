"""What the levels of a moderator are compared with: coefficients of levels say little without it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.names import coefficient_words, level_of, type_words
from metamsc.plots.wording import capitalise

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Regression


def coefficient_names(result: AnalysisResult, item: Regression) -> dict[str, str]:
    """Return what each coefficient of a meta-regression is called: "Allocation: random (vs alternate)".

    Parameters
    ----------
    result : AnalysisResult
        Its rows have the levels.
    item : Regression

    Returns
    -------
    dict of str to str
        Name of a coefficient -> words. The reference is the one level of a column, among the rows of the
        regression, that has no coefficient; where it is not one level, none is named.
    """
    used = set(item.row_ids)
    rows = [dict(row.moderators) for row in result.table.rows if row.row_id in used]
    names = item.names or tuple(c.name for c in item.pooled.coefficients) if item.pooled else item.names
    found = {}
    for name in names:
        words = capitalise(coefficient_words(name))
        level = level_of(name)
        if level is not None:
            column = level[0]
            named = {pair[1] for pair in map(level_of, names) if pair is not None and pair[0] == column}
            others = {row[column] for row in rows if row.get(column)} - named
            if len(others) == 1:
                words += f" (vs {type_words(others.pop())})"
        found[name] = words
    return found
