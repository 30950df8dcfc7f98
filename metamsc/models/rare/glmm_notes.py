"""What a reader of a GLMM must know beside its numbers, in sentences."""

from __future__ import annotations

import numpy as np

from metamsc.models.batch import BoolArray
from metamsc.models.inputs import Design
from metamsc.models.rare.glmm_fit import Fitted
from metamsc.models.rare.study_models import StudyModel

_FEW_STUDIES = 5
# A standard error on the log scale that says that the counts do not determine a coefficient.
_HUGE_SE = 100.0


def glmm_notes(
    model: StudyModel,
    name: str,
    kept: BoolArray,
    fitted: Fitted,
    design: Design,
    tau2_method: str,
) -> tuple[str, ...]:
    """Return the warnings of one fit, most important first."""
    notes = []
    if (np.sqrt(np.diag(fitted.cov)) > _HUGE_SE).any() or not np.isfinite(fitted.cov).all():
        notes.append("A coefficient is not determined by these counts: its estimate tends to infinity.")
    excluded = int((~kept).sum())
    if excluded:
        studies = "1 study is" if excluded == 1 else f"{excluded} studies are"
        why = "it tells" if excluded == 1 else "they tell"
        also = " Only random study intercepts could use them." if name != "UM.RS" else ""
        notes.append(
            f"{studies} left out for having no events, or nothing but events, in both arms: {why} nothing "
            f"about the ratio in this model.{also}"
        )
    if tau2_method == "ML" and model.k < _FEW_STUDIES:
        notes.append(
            f"k = {model.k}: with so few studies tau2 cannot be estimated reliably, and maximum likelihood "
            "estimates it too small."
        )
    if tau2_method == "ML" and fitted.tau2 == 0.0:
        notes.append("tau2 is 0: the estimate is that of the model with a common effect.")
    empty = int((~(np.isfinite(model.yi) & np.isfinite(model.vi))).sum())
    if empty:
        studies = "1 study has" if empty == 1 else f"{empty} studies have"
        notes.append(
            f"{studies} an empty cell, hence no finite effect and weight 0 in the Wald test of homogeneity; "
            "prefer the likelihood-ratio test."
        )
    if design.dropped:
        notes.append(
            f"Moderators dropped because others already determine them: {', '.join(design.dropped)}."
        )
    return tuple(notes)
