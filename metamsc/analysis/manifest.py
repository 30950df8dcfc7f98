"""What went into a result: fingerprints of the records and the plan, versions of the software.

Two results with the same manifest are the same bytes; where two differ, the manifests say why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

from metamsc.analysis.spec import AnalysisSpec
from metamsc.records.studies import Studies

ENGINES = ("numpy", "scipy", "statsmodels")
"""Packages whose version can move a number."""


def canonical_json(value: Any) -> str:
    """Write plain data as JSON in one way only: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def build_manifest(spec: AnalysisSpec, records: Studies, methods: Iterable[str] = ()) -> dict[str, Any]:
    """Return the manifest of an analysis.

    Parameters
    ----------
    spec : AnalysisSpec
        The plan, defaults filled in.
    records : Studies
        The records that were looked at.
    methods : iterable of str
        Methods that pooled something, planned or beside the plan.

    Returns
    -------
    dict
        ``{"metamsc", "engines", "methods", "plan_sha256", "records": [{"id", "file", "sha256"}]}``; the
        file is given by its last two parts, so that it does not depend on where the checkout is.
    """
    engines = ENGINES if spec.mods is None else (*ENGINES, "formulaic")
    plan = canonical_json(spec.model_dump(by_alias=True, mode="json"))
    return {
        "metamsc": version("metamsc"),
        "engines": {name: version(name) for name in engines},
        "methods": sorted(set(methods)),
        "plan_sha256": hashlib.sha256(plan.encode()).hexdigest(),
        "records": [
            {
                "id": record.study.id,
                "file": "/".join(PurePath(record.file).parts[-2:]),
                "sha256": record.sha256,
            }
            for record in records.files
        ],
    }
