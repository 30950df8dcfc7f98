"""Healing of foot ulcers after MSC, by type of diabetes. Run from the root of the repository."""

import metamsc as mm

records = mm.read_records("data/extractions")
result = mm.run(mm.read_spec("analyses/foot-ulcer-healing"), records)
for stratum in result.pools:
    k, ci = stratum.pooled.k, stratum.pooled.ci
    estimate, low, high = map(result.scale.shown, (stratum.pooled.estimate, ci.low, ci.high))
    print(f"{stratum.label}: k = {k}, {estimate:.2f} ({low:.2f} to {high:.2f})")
mm.write_figure(mm.draw_forest(result), "build/foot-ulcer-healing/forest")
