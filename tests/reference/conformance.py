"""Compare metamsc with reference results: ``python tests/reference/conformance.py DIR [--json]``.

Every case of every file in DIR is a call as data (``ast``); it is evaluated through the public API, and
only then compared with ``expect`` (or, field by field, ``metafor_5_1_12``). Printed per family of calls:

agree
    every value that both sides report is within the reference's tolerance; or both stop with an error.
disagree
    at least one value is not, or only one side stops. The exit code is 0 only when there are none.
not supported
    the public API has no such function or option yet; what is missing is listed with its count.
refused by design
    the reference gives numbers where ours refuses on purpose, each listed with the reason:
    a sampling variance of 0 or below; a prediction interval from fewer than 3 studies; a test whose
    standard error is exactly 0 (identical effects under Hartung-Knapp).

Three mappings are worth knowing. Rows with a missing value are left out before the call, as R does;
ours refuses them. Calls that leave the reference's convergence at its default (absolute, 1e-5 for Fisher
scoring, 1.2e-4 for roots) are compared within what that default allows: ours is evaluated at tau2 minus
and plus that tolerance, and the reference's value must lie between. And the reference's search for the
upper end of an interval for tau2 stops at a limit (tau2.max); ours is compared at that limit.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.reference.conform.run import main

if __name__ == "__main__":
    sys.exit(main())
