"""Selection models with a threshold, a precision, two parameters or a cut-off of effects."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from metamsc.errors import InputError, OptionError
from metamsc.sensitivity.selection import selection_model

Floats = NDArray[np.float64]

CLOSED_FORM = 1e-8
ITERATED = 1e-6
# selection_metafor.json: integrals to 1e-11 leave a maximum known to about sqrt(1e-11) standard errors.
OF_AN_SE = 4e-6
# Its standard errors are numerical second derivatives, less sure where delta lies near its bound at 0.
ERRORS = 2e-5
# The same integrals at the kink of a threshold, which they do not know of: up to 3e-8 in the likelihood.
LIKELIHOOD = 1e-8

REFERENCE = json.loads((Path(__file__).parent / "selection_metafor.json").read_text())
KINDS = {
    "negexp": "negative-exponential", "halfnorm": "half-normal", "logistic": "logistic", "power": "power",
    "negexppow": "negative-exponential-power",
}  # fmt: skip
PRECISIONS = {"sei": "se", "vi": "variance", "ninv": "1/n", "sqrtninv": "1/sqrt(n)"}


def _data(name: str) -> tuple[Floats, Floats]:
    data = REFERENCE["data"][name]
    return np.array(data["yi"], dtype=float), np.array(data["vi"], dtype=float)


def _arguments(call: str) -> dict[str, Any]:
    """Return our arguments of a call of the reference script."""
    (name,) = re.findall(r'^\w+\("(\w+)"', call)
    if call.startswith("truncated"):
        cutoff, alternative = re.findall(r', (-?[\d.]+), "(\w+)"\)', call)[0]
        return {"kind": "truncation", "cutoff": float(cutoff), "alternative": alternative}
    said = dict(re.findall(r'(\w+) = "?([\w.]+)"?', call))
    found: dict[str, Any] = {"kind": KINDS[said["type"]]}
    found["alternative"] = said.get("alternative", "greater").replace(".", "-")
    found["tau2_method"] = said.get("method", "ML")
    if "steps" in said:
        found["steps"] = (float(said["steps"]),)
    if "prec" in said:
        found["precision"] = PRECISIONS[said["prec"]]
        if found["precision"].startswith("1/"):
            found["n_total"] = REFERENCE["data"][name]["ni"]
    return found


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["call"])
def test_against_metafor_with_accurate_integrals(case: dict[str, Any]) -> None:
    (name,) = re.findall(r'^\w+\("(\w+)"', case["call"])
    found = selection_model(*_data(name), **_arguments(case["call"]))
    expected = {key: np.array(value, dtype=float) for key, value in case["values"].items()}
    assert found.loglik == pytest.approx(expected["loglik"][0], rel=LIKELIHOOD)
    assert abs(found.estimate - expected["beta"][0]) < OF_AN_SE * expected["se"][0]
    assert found.se == pytest.approx(expected["se"][0], rel=OF_AN_SE)
    values = np.array([weight.value for weight in found.parameters])
    errors = np.array([weight.se for weight in found.parameters], dtype=float)
    assert (np.abs(values - expected["delta"]) < OF_AN_SE * expected["se.delta"]).all()
    np.testing.assert_allclose(errors, expected["se.delta"], rtol=ERRORS)
    if found.tau2_method == "ML":
        assert abs(found.tau2 - expected["tau2"][0]) < OF_AN_SE * expected["se.tau2"][0]
        assert found.tau2_se == pytest.approx(expected["se.tau2"][0], rel=OF_AN_SE)
    if "LRT" in expected:
        assert found.lrt == pytest.approx(expected["LRT"][0], abs=1e-6)  # twice the difference above
        assert found.lrt_df == expected["LRTdf"][0]


def test_one_kind_holds_two_others() -> None:
    y, v = _data("hackshaw")
    for kind, shape in (("half-normal", 0.5), ("negative-exponential", 1.0)):
        one = selection_model(y, v, kind=kind)
        other = selection_model(y, v, kind="negative-exponential-power", delta=(None, shape))
        assert other.estimate == pytest.approx(one.estimate, abs=ITERATED * (one.se or 0.0))
        assert other.loglik == pytest.approx(one.loglik, rel=CLOSED_FORM)
        assert other.parameters[0].value == pytest.approx(one.parameters[0].value, rel=ITERATED)


def test_equal_precision_is_no_precision() -> None:
    y, _ = _data("bcg")
    v = np.full(13, 0.05)
    one = selection_model(y, v, kind="power", alternative="less")
    other = selection_model(y, v, kind="power", alternative="less", precision="se")
    assert other.to_dict() | {"precision": None} == one.to_dict()


def test_the_unit_of_a_precision_does_not_matter() -> None:
    y, v = _data("bcg")
    n = np.array(REFERENCE["data"]["bcg"]["ni"], dtype=float)
    one = selection_model(y, v, kind="logistic", alternative="less", precision="1/n", n_total=n)
    other = selection_model(y, v, kind="logistic", alternative="less", precision="1/n", n_total=1000 * n)
    assert other.loglik == pytest.approx(one.loglik, rel=CLOSED_FORM)
    assert other.parameters[0].value == pytest.approx(one.parameters[0].value, rel=ITERATED)


def test_a_cut_off_at_0_is_a_step_at_one_half() -> None:
    # p <= 0.5 is y >= 0: two ways to say one thing.
    y, v = _data("hackshaw")
    one = selection_model(y, v, kind="truncation")
    other = selection_model(y, v, kind="step", steps=(0.5,))
    assert one.estimate == pytest.approx(other.estimate, rel=ITERATED)
    assert one.loglik == pytest.approx(other.loglik, rel=CLOSED_FORM)
    assert one.parameters[0].value == pytest.approx(other.parameters[1].value, rel=ITERATED)
    assert (one.k_per_interval, one.cutoff) == (other.k_per_interval, 0.0)


def test_truncation_moves_with_units_and_is_mirrored() -> None:
    y, v = _data("bcg")
    one = selection_model(y, v, kind="truncation", cutoff=-0.2, alternative="less")
    scaled = selection_model(8.3 * y, 8.3**2 * v, kind="truncation", cutoff=-0.2 * 8.3, alternative="less")
    assert scaled.estimate == pytest.approx(8.3 * one.estimate, rel=ITERATED)
    mirrored = selection_model(-y, v, kind="truncation", cutoff=0.2)
    assert mirrored.estimate == pytest.approx(-one.estimate, rel=ITERATED)


def test_truncation_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(11)
    v = rng.uniform(0.01, 0.1, 6000)
    y = rng.normal(0.1, np.sqrt(0.02 + v))
    seen = (y > 0.05) | (rng.random(v.size) < 0.3)
    found = selection_model(y[seen][:2000], v[seen][:2000], kind="truncation", cutoff=0.05)
    assert found.se is not None
    assert abs(found.estimate - 0.1) < 3.5 * found.se
    (weight,) = found.parameters
    assert weight.se is not None
    assert abs(weight.value - 0.3) < 3.5 * weight.se


def test_without_strength_a_shape_means_nothing() -> None:
    # With the strength given as 0 every shape has the same likelihood, that of the plain fit.
    y, v = _data("hackshaw")
    found = selection_model(y, v, kind="negative-exponential-power", delta=(0.0, None))
    plain = selection_model(y, v, kind="half-normal", delta=(0.0,))
    strength, shape = found.parameters
    assert (strength.value, strength.se, shape.se) == (0.0, None, None)
    assert (found.estimate, found.se) == pytest.approx((plain.estimate, plain.se), rel=ITERATED)
    assert found.warnings == (
        "The strength of selection is 0: there is none, and delta2, its shape, has no meaning.",
    )


def test_few_studies_beyond_a_threshold_are_pointed_out() -> None:
    y, v = _data("bcg")
    last, before = np.sort(ndtr(y / np.sqrt(v)))[[-1, -2]]
    step = round(0.5 * (last + before), 2)
    found = selection_model(y, v, kind="half-normal", alternative="less", steps=(step,))
    assert found.k_per_interval == (12, 1)
    assert f"Only 1 study has {step:g} < p <= 1: what follows from the weight of that interval is weak." in (
        found.warnings
    )


def test_refusals() -> None:
    y, v = _data("bcg")
    with pytest.raises(InputError, match="one threshold of p in steps"):
        selection_model(y, v, kind="half-normal", steps=(0.05, 0.5))
    with pytest.raises(InputError, match="steps belong to other kinds than 'beta'"):
        selection_model(y, v, kind="beta", steps=(0.05,))
    with pytest.raises(InputError, match="no study has a p-value up to 1e-30"):
        selection_model(y, v, kind="half-normal", alternative="less", steps=(1e-30,))
    with pytest.raises(InputError, match=r"no study has a p-value above 0\.99999"):
        selection_model(y, v, kind="half-normal", alternative="less", steps=(0.99999,))
    with pytest.raises(OptionError, match=r"precision must be one of 'se', 'variance', '1/n', '1/sqrt\(n\)'"):
        selection_model(y, v, kind="half-normal", precision="n")
    with pytest.raises(InputError, match="not to 'step'"):
        selection_model(y, v, precision="se")
    with pytest.raises(InputError, match="'1/n' needs n_total"):
        selection_model(y, v, kind="power", precision="1/n")
    with pytest.raises(InputError, match="n_total belongs to precision"):
        selection_model(y, v, kind="power", precision="se", n_total=np.ones(13))
    with pytest.raises(InputError, match="cutoff belongs to kind 'truncation'"):
        selection_model(y, v, cutoff=0.3)
    with pytest.raises(InputError, match="one good side"):
        selection_model(y, v, kind="truncation", alternative="two-sided")
    with pytest.raises(InputError, match="cutoff must be a finite number"):
        selection_model(y, v, kind="truncation", cutoff=float("nan"))
    with pytest.raises(InputError, match="no effect lies on the good side"):
        selection_model(y, v, kind="truncation", cutoff=9.0)
    with pytest.raises(InputError, match=r"delta must be numbers >= 0\.01"):
        selection_model(y, v, kind="negative-exponential-power", delta=(1.0, 0.0))
