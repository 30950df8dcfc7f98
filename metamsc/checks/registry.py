"""All rules, in one table. A rule is added here, in its module, in docs/problems.md and with an example."""

from __future__ import annotations

from metamsc.checks import (
    arithmetic,
    changes,
    coherence,
    contrasts,
    digitised,
    directions,
    duplicates,
    granularity,
    identity,
    intervals,
    magnitude,
    plausibility,
    printed_tests,
    references,
    risk_of_bias,
    spreads,
    spreads_of_set,
    todos,
    within_arm,
)
from metamsc.checks.acknowledge import ACKNOWLEDGEMENT_CODES
from metamsc.checks.rule import Rule
from metamsc.records.codes import READING_CODES
from metamsc.records.todo import TODO

RULES: tuple[Rule, ...] = (
    Rule("R401", "an unknown arm", "error", references.check_arms_exist),
    Rule("R402", "an unknown source", "error", references.check_sources_exist),
    Rule("R403", "an unknown outcome", "error", references.check_outcomes_exist),
    Rule("R404", "a missing result of an unknown outcome", "error", references.check_missing_outcomes_exist),
    Rule("R405", "an outcome of the other setting", "error", references.check_outcomes_fit_setting),
    Rule("R406", "a unit that the outcome does not have", "error", references.check_units_known),
    Rule("R407", "a measurement without a unit", "error", references.check_units_given),
    Rule("R408", "the same arm id twice", "error", references.check_arm_ids),
    Rule(
        "C501", "counts for a measurement, or means for events", "error", coherence.check_values_fit_outcome
    ),
    Rule("C502", "a contrast of the wrong arms", "error", coherence.check_contrast_roles),
    Rule("C503", "a design that does not fit the arms", "error", coherence.check_design_fits_arms),
    Rule("C504", "a risk-of-bias tool that does not fit the design", "error", coherence.check_rob_tool),
    Rule("C505", "a design of the other setting", "error", coherence.check_design_fits_setting),
    Rule("C506", "a result after the end of follow-up", "warning", coherence.check_time_within_follow_up),
    Rule("C507", "an animal model of the other type of diabetes", "error", coherence.check_model_fits_type),
    Rule("C508", "a strain of another species", "error", coherence.check_strain_fits_species),
    Rule(
        "C509", "a second extraction without a second extractor", "error", coherence.check_status_has_checker
    ),
    Rule("C510", "a registration of unknown form", "warning", coherence.check_registration_form),
    Rule("C511", "a country code that is not ISO", "warning", coherence.check_country_codes),
    Rule("C512", "words against the sign", "warning", changes.check_words_and_sign),
    Rule("C513", "a year out of place", "warning", identity.check_years),
    Rule("C514", "an unlabelled ± written as SD or SE", "warning", identity.check_unlabelled_spread),
    Rule("C515", "an identifier or address with a slip", "warning", identity.check_addresses),
    Rule("C516", "a title that names the other type of diabetes", "warning", identity.check_title_type),
    Rule("C517", "a way of induction of the other type", "warning", identity.check_induction_type),
    Rule("C518", "something left to write", "warning", todos.check_todos_listed, word=TODO),
    Rule("C519", "something left to write beside pooled numbers", "error", todos.check_todos_done, word=TODO),
    Rule(
        "C520", "a figure or its reading error missing", "warning", digitised.check_figures_and_reading_errors
    ),
    Rule(
        "C521", "a judgement that the risk-of-bias tool does not have", "error", risk_of_bias.check_judgements
    ),
    Rule("A601", "more events than participants", "error", arithmetic.check_events_within_n),
    Rule("A602", "a percentage impossible for n", "warning", arithmetic.check_percent_possible),
    Rule("A603", "events, n and percent disagree", "error", arithmetic.check_percent_is_events),
    Rule("A604", "more analysed than randomised", "error", arithmetic.check_n_within_randomised),
    Rule("A605", "an interval without its centre", "error", arithmetic.check_interval_holds_centre),
    Rule("A606", "quartiles out of order", "error", arithmetic.check_quartiles_ordered),
    Rule("A607", "a spread of zero", "error", arithmetic.check_spread_above_zero),
    Rule("A608", "groups larger than the whole", "error", arithmetic.check_group_sizes),
    Rule("A609", "an interval that is not that of the SD", "warning", intervals.check_interval_fits_spread),
    Rule("A610", "an estimate off the middle of its interval", "warning", intervals.check_interval_symmetric),
    Rule("A611", "a change that is not final minus baseline", "warning", changes.check_change_is_difference),
    Rule("A612", "an impossible correlation", "error", changes.check_correlation_possible),
    Rule("A613", "a mean impossible for whole numbers", "warning", granularity.check_mean_of_whole_numbers),
    Rule("A614", "an SD impossible for whole numbers", "warning", granularity.check_sd_of_whole_numbers),
    Rule("A615", "an SD impossible for the range", "error", granularity.check_sd_within_range),
    Rule("A616", "a printed test that contradicts itself", "warning", printed_tests.check_test_agrees),
    Rule("A617", "values that do not give the printed test", "warning", printed_tests.check_values_give_test),
    Rule("A618", "a difference that is not that of the arms", "warning", changes.check_difference_is_of_arms),
    Rule("A619", "a contrast that contradicts itself", "warning", contrasts.check_contrast_agrees),
    Rule("A620", "a change that does not give its test", "warning", within_arm.check_change_gives_test),
    Rule("A621", "a correlation that the SDs do not give", "warning", within_arm.check_correlation_given),
    Rule("P701", "an implausible mean", "warning", plausibility.check_means_plausible),
    Rule("P702", "an SD that looks like an SE", "warning", spreads.check_se_for_sd),
    Rule("P703", "an SE that looks like an SD", "warning", spreads.check_sd_for_se),
    Rule("P704", "a spread ten times too large or small", "warning", spreads.check_decimal_point),
    Rule("P705", "arms more than three SDs apart", "warning", spreads.check_large_difference),
    Rule("P706", "groups unlike from the start", "warning", magnitude.check_baseline_balance),
    Rule("P707", "an implausible dose of cells", "warning", magnitude.check_dose_plausible),
    Rule("P708", "a mean many times the others", "warning", magnitude.check_no_jump),
    Rule(
        "P709",
        "a spread unlike those of other studies",
        "warning",
        compare=spreads_of_set.check_spread_among_studies,
        gather=spreads_of_set.log_spreads,
    ),
    Rule("P710", "deaths that become fewer", "warning", magnitude.check_events_do_not_return),
    Rule("P711", "a row against all others", "warning", directions.check_row_against_others),
    Rule("P712", "a reading error larger than the spread", "warning", digitised.check_reading_error_size),
    Rule("P713", "an SD many times the mean", "warning", spreads.check_sd_many_times_mean),
    Rule("D801", "the same result twice", "error", duplicates.check_results_once),
    Rule("D802", "one paper in two records", "warning", compare=duplicates.check_paper_once),
    Rule("D803", "one registration in two records", "warning", compare=duplicates.check_registration_once),
    Rule("D804", "the same numbers twice", "warning", duplicates.check_numbers_once),
    Rule("D805", "arms exchanged between two times", "warning", duplicates.check_arms_not_exchanged),
    Rule(
        "D806",
        "the same numbers in two records",
        "warning",
        compare=duplicates.check_numbers_in_two_records,
        gather=duplicates.telling_numbers,
    ),
)

ALL_CODES: dict[str, str] = {
    **READING_CODES,
    **{rule.code: rule.title for rule in RULES},
    **ACKNOWLEDGEMENT_CODES,
}
"""Every code that `metamsc check` can print -> title."""
