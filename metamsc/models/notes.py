"""What a reader must know beside the numbers, in sentences. Text only; decides nothing."""

from __future__ import annotations

from metamsc.models.batch import FloatArray
from metamsc.models.inputs import Design, extreme_ratio


def pooling_notes(
    *,
    k: int,
    vi: FloatArray,
    tau2_method: str,
    asked_ci: str,
    design: Design,
    se: float,
    Q: float,
    empty_tau2_ci: bool,
) -> tuple[str, ...]:
    """Return the warnings of one pooled result, most important first."""
    found = list(_about_few_studies(k, tau2_method, asked_ci, design))
    if se == 0.0:
        found.append(
            "The effects fit the model exactly, so the Hartung-Knapp standard error is 0 and its interval "
            "has no width; this is not precision. Use hksj-adhoc or wald."
        )
    if empty_tau2_ci and Q > 0.0:
        found.append(
            "The effects vary less than sampling error alone would make them, so the interval for tau2 is "
            "empty and is shown as 0 to 0."
        )
    if design.dropped:
        found.append(
            f"Moderators dropped because others already determine them: {', '.join(design.dropped)}."
        )
    if tau2_method == "EE" and asked_ci.startswith("hksj"):
        found.append(
            "Hartung-Knapp intervals are meant for random-effects models; this model is equal-effects."
        )
    ratio = extreme_ratio(vi)
    if ratio is not None:
        found.append(
            f"The largest sampling variance is {ratio:.1e} times the smallest; check the smallest for an "
            "error (a variance entered where a standard error was meant, or the reverse)."
        )
    return tuple(found)


def _about_few_studies(k: int, tau2_method: str, asked_ci: str, design: Design) -> tuple[str, ...]:
    random = tau2_method != "EE"
    if k == 1:
        text = "k = 1: nothing was pooled; estimate and interval are the single study's own"
        text += ", with normal quantiles" if asked_ci != "wald" else ""
        return (f"{text}. Heterogeneity cannot be estimated and there is no prediction interval.",)
    if k - design.n_coefs == 0:
        return ("As many coefficients as studies: the model fits exactly, and its fit says nothing.",)
    if k == 2:
        found = [
            "k = 2: heterogeneity cannot be estimated from two studies, and there is no prediction interval."
        ]
        if asked_ci.startswith("hksj") or asked_ci == "t":
            found.append(
                "k = 2: with one degree of freedom the interval is very wide (t quantile 12.7 at 95%); "
                "compare it with the Wald interval."
            )
        return tuple(found)
    if k <= 4 and random:
        return (f"k = {k}: with so few studies heterogeneity (tau2, I2) cannot be estimated reliably.",)
    if k < 10 * (design.n_coefs - 1) and design.tested:
        text = f"k = {k} for {len(design.tested)} moderator coefficients: fewer than 10 studies for each;"
        return (f"{text} the result is exploratory.",)
    return ()
