"""The public names are a promise: this list changes only on purpose, with a line in the changelog."""

import subprocess
import sys
from importlib import resources

import pytest

import metamsc

NAMES = (
    "__version__ "
    "read_records Studies Study check_records CheckReport "
    "effect_table EffectTable compute_effects effect_from_contrast back_transform aggregate_effects "
    "correlated_covariance arm_covariance "
    "sd_from_se sd_from_ci se_from_ci se_from_p mean_sd_from_quantiles combine_means combine_counts "
    "sd_of_change "
    "pool PooledResult Interval preset pool_csv henmi_copas tau2_interval compare_subgroups "
    "shrink_effects compare_engines "
    "formula_design predict_effects permutation_test compare_designs linear_tests variance_inflation "
    "fit_location_scale "
    "robust_pool pool_correlated fit_multilevel robust_multilevel predict_multilevel "
    "compare_multilevel "
    "mantel_haenszel peto fit_glmm beta_binomial "
    "fit_bayes probability_beyond HalfNormal HalfCauchy Uniform NormalPrior turner_prior rhodes_prior "
    "compute_power required_studies information_size_for_means information_size_for_risks "
    "compute_diversity "
    "leave_one_out cumulative measure_influence regress_on_precision rank_correlation trim_and_fill "
    "pet_peese selection_model "
    "read_spec AnalysisSpec run AnalysisResult draw_forest draw_funnel draw_sensitivity write_figure "
    "build_site "
    "MissingTrial bound_missing draw_gosh draw_influence draw_refits draw_specification gosh "
    "harbord_test limit_analysis measure_impact p_curve p_uniform_star peters_test "
    "run_multiverse "
    "RandomTerm compare_levels compare_location_scale fit_structured linear_tests_multilevel "
    "predict_location_scale "
    "appendix_tables findings_table write_tables "
    "write_paper write_paper_files "
    "ForestField csv_result forest_preset write_forest_pages "
    "StressTest stress_test "
    "bands_of darken dose_response draw_bubble draw_caterpillar draw_coefficients "
    "draw_dose_response draw_evidence_map draw_flow draw_orchard draw_rob_summary "
    "draw_traffic_light draw_translation make_flow map_evidence risk_of_bias_panels read_flow "
    "regression_bands translate "
    "write_explorer "
    "baujat_coordinates draw_baujat draw_drapery draw_labbe draw_radial excess_significance "
    "fail_safe_number missing_table pustejovsky_rodgers_test radial_coordinates "
    "findings_across "
    "Problem MetamscError RecordError "
)

HEAVY = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pymare", "forestplot", "pydantic", "yaml")


def test_names_are_frozen() -> None:
    assert sorted(metamsc.__all__) == sorted(NAMES.split())
    assert set(dir(metamsc)) == set(NAMES.split())


@pytest.mark.parametrize("name", NAMES.split())
def test_each_name_loads_and_is_documented(name: str) -> None:
    value = getattr(metamsc, name)
    assert name == "__version__" or value.__doc__


def test_type_checkers_may_read_the_package() -> None:
    """PEP 561: without the marker an installed package's types are not looked at."""
    assert resources.files("metamsc").joinpath("py.typed").is_file()
    assert resources.files("metamsc").joinpath("__init__.pyi").is_file()


def test_an_unknown_name_lists_the_known_ones() -> None:
    unknown = "read_record"
    with pytest.raises(AttributeError, match="read_records"):
        getattr(metamsc, unknown)


@pytest.mark.parametrize("program", ["import metamsc", "import metamsc.cli"])
def test_import_loads_nothing_heavy(program: str) -> None:
    code = f"import sys; {program}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_help_loads_nothing_heavy_and_names_every_command() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from metamsc.cli import COMMANDS, main\n"
        "out = CliRunner().invoke(main, ['--help'])\n"
        "assert out.exit_code == 0 and all(name in out.output for name in COMMANDS), out.output\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
