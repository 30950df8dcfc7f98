"""Which outcomes of the catalogue matter to patients themselves, and which stand for something that does."""

from __future__ import annotations

PATIENT, SURROGATE, PHYSIOLOGICAL = "patient-important", "surrogate", "physiological"

OUTCOME_KINDS = {
    **dict.fromkeys(
        (
            "adverse_events", "amputation", "death", "diabetic_ketoacidosis", "drug_independence",
            "erectile_function", "insulin_independence", "macrovascular_event", "peripheral_neuropathy",
            "serious_adverse_events", "symptom_score", "time_to_healing", "ulcer_healing",
        ),
        PATIENT,
    ),
    **dict.fromkeys(
        (
            "bmi", "body_weight", "egfr", "fasting_glucose", "hba1c", "hba1c_target", "insulin_dose", "mgfr",
            "postprandial_glucose", "remission", "responder", "time_to_wound_halving", "wound_area",
            "wound_area_reduction",
        ),
        SURROGATE,
    ),
    **dict.fromkeys(
        (
            "angiogenesis", "c_peptide_auc", "c_peptide_fasting", "c_peptide_peak",
            "c_peptide_percent_baseline", "c_peptide_postprandial", "c_peptide_unspecified",
            "glucose_infusion_rate", "homa_beta", "homa_ir", "insulin_auc",
        ),
        PHYSIOLOGICAL,
    ),
}  # fmt: skip
"""Outcomes of clinical studies by kind.

Patient-important: what patients notice (death, events, symptoms, function, a treatment given up). Surrogate:
a measure in place of that. Physiological: a measure of how the body works. The kinds, and HbA1c as the
typical surrogate, follow Gandhi et al. (2008), JAMA 299:2543-2549; where an outcome belongs is our reading.
"""
