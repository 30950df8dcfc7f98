"""Values read off figures: a reading error that says something, and a figure it was read from."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.rows import centre, rows, sd_of
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.vocabulary import SourceKind

_FIGURES = (SourceKind.FIGURE, SourceKind.FIGURE_LEGEND)


def check_reading_error_size(study: Study) -> Iterator[Finding]:
    """Check that a reading error is smaller than the spread of the participants."""
    for row in rows(study):
        for arm, value in (row.result.arms or {}).items():
            error, sd, number = value.reading_error, sd_of(value), centre(value)
            if error is None or sd is None or error <= sd:
                continue
            of = "" if number is None else f" of {number:g}"
            message = f"the reading error {error:g}{of} is larger than the SD {sd:.3g}"
            hint = "give the error in the unit of the outcome, not in pixels or percent; check the SD"
            yield Finding(row.arm_path(arm, "reading_error"), message, hint)


def check_figures_and_reading_errors(study: Study) -> Iterator[Finding]:
    """Check that a value with a reading error has a figure as its source, and the other way round."""
    for row in rows(study):
        kinds = [study.sources[key].kind for key in row.result.source if key in study.sources]
        if not kinds:
            continue
        for arm, value in (row.result.arms or {}).items():
            if value.reading_error is not None and not any(kind in _FIGURES for kind in kinds):
                message = f"a reading error, and the source is of the kind {kinds[0].value!r}"
                hint = "name the figure as `source` (kind: figure), or leave `reading_error` out"
                yield Finding(row.arm_path(arm, "reading_error"), message, hint)
            figure = all(kind is SourceKind.FIGURE for kind in kinds)
            if figure and value.centre is not None and value.reading_error is None:
                message = "read off a figure without a reading error"
                hint = "write `reading_error`: half the distance that two readings may differ, in the unit"
                yield Finding(row.arm_path(arm, value.centre), message, hint)
