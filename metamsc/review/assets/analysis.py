"""$title. Run from the folder of the review: python analyses/$name/analysis.py"""

import metamsc as mm

records = mm.read_records("data/extractions")
result = mm.run(mm.read_spec("analyses/$name"), records)
for stratum in result.pools:
    k, ci = stratum.pooled.k, stratum.pooled.ci
    estimate, low, high = map(result.scale.shown, (stratum.pooled.estimate, ci.low, ci.high))
    print(f"{stratum.label}: k = {k}, {estimate:.2f} ({low:.2f} to {high:.2f})")
if not result.strata:
    print("There is nothing to pool yet.")
