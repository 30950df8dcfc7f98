// Spreads that are not what they are called: the Bayes factor of metamsc/checks/spread_evidence.py and
// spread_rows.py, over the rows of results of one record.

const STRONG = Math.log(10), TEN = Math.log(10), PARTIAL = 1, ALIKE = 0.25;
const ARM_TO_ARM = 0.15, OF_CHANGE = [-0.15, 0.35];
const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

/** Log of what the catalogue knows the usual range of; null where neither has a meaning. */
function logUsual({ outcome, result: { unit } }, sd, mean) {
  if (!outcome) return null;
  const [slope, intercept] = outcome.units[unit]?.to_own ?? [1, 0];
  if (outcome.spread_unit !== null) {
    const comparable = unit === undefined ? outcome.dimensionless : outcome.units[unit]?.comparable;
    return outcome.spread_unit === outcome.unit && comparable ? Math.log(slope * sd) : null;
  }
  if (mean === undefined || mean <= 0) return null;
  const level = slope * mean + intercept;
  return level > 0 ? Math.log(slope * sd / level) : null;
}

function spreadsOf(view, row, group) {
  return [...row.arms].flatMap(([arm, value]) => {
    const sd = sdOf(value), { n } = value, centre = centreName(value);
    const percent = centre === "percent_change" && row.outcome?.spread_unit === "%";
    if (!sd || n === undefined || n < 3 || !(centre === "mean" || centre === "change" || percent) || implausible(view, row, value)) return [];
    const label = value.sd ? "sd" : "se", ofChange = centre === "change";
    const levels = group.flatMap((each) => [...each.arms]).filter(([, each]) => each.mean !== undefined);
    const level = ofChange ? (levels.find(([name]) => name === arm) ?? levels[0])?.[1].mean : value.mean;
    return [{ path: ["results", row.index, "arms", arm, label], label, row: row.index, arm, n, number: value[label], sd, logSd: Math.log(sd), logUsual: logUsual(row, sd, level), ofChange }];
  });
}

function differencesOf(view, group, spreads) {
  const at = (row, arm) => spreads.findIndex((each) => each.row === row.index && each.arm === arm);
  const later = group.filter((row) => row.days !== 0).length;
  return group.flatMap((row) => {
    const found = pairsOf(view, row).filter((pair) => pair.every((arm) => at(row, arm) >= 0));
    return found.flatMap(([treated, control]) => {
      const a = row.arms.get(treated), b = row.arms.get(control), name = centreName(a);
      if (name !== centreName(b) || !LEVELS.includes(name)) return [];
      const start = row.days === 0;
      const apart = start ? (RANDOMISED.includes(view.design) ? 0.1 : 0.4) : view.setting === "clinical" ? 0.9 : 2;
      return [{ treated: at(row, treated), control: at(row, control), size: a[name] - b[name], apart, weight: 1 / found.length / (start ? 1 : Math.max(later, 1)) }];
    });
  });
}

function logDensity({ spreads }, difference, shift, otherShift) {
  const one = spreads[difference.treated], other = spreads[difference.control];
  const variance = (((one.sd * Math.exp(shift)) ** 2 + (other.sd * Math.exp(otherShift)) ** 2) / 2) * (1 / one.n + 1 / other.n + difference.apart ** 2);
  const df = one.n + other.n - 2;
  return -0.5 * Math.log(variance) - ((df + 1) / 2) * Math.log1p(difference.size ** 2 / variance / df);
}

function logLikelihood(series, shifts) {
  const sum = total(series.differences.map((each) => each.weight * logDensity(series, each, shifts[each.treated], shifts[each.control])));
  if (!series.usual) return sum;
  const [centre, width] = series.usual;
  let squares = 0, common = 0, precisions = 0;
  series.spreads.forEach((spread, i) => {
    if (spread.logUsual === null) return;
    const variance = 0.5 / (spread.n - 1) + ARM_TO_ARM ** 2 + (spread.ofChange ? OF_CHANGE[1] ** 2 : 0);
    const off = spread.logUsual + shifts[i] - centre - (spread.ofChange ? OF_CHANGE[0] : 0);
    squares += off * off / variance;
    common += off / variance;
    precisions += 1 / variance;
  });
  return sum - (squares - common ** 2 / (1 / width ** 2 + precisions)) / 2;
}

/** Sets of spreads that may share a mistake, each with the log odds against it. */
function partsOf({ spreads }, positions) {
  if (!positions.length) return [];
  const parts = [[positions, 0]], sizes = positions.map((i) => spreads[i].logSd);
  if (Math.max(...sizes) - Math.min(...sizes) < ALIKE) return parts;
  const seen = new Set([String(positions)]);
  const by = (name) => [...new Set(positions.map((i) => spreads[i][name]))].map((key) => positions.filter((i) => spreads[i][name] === key));
  for (const kind of [by("arm"), by("row"), positions.map((i) => [i])]) {
    for (const members of kind) {
      if (seen.has(String(members))) continue;
      seen.add(String(members));
      parts.push([members, PARTIAL + Math.log(kind.length)]);
    }
  }
  return parts;
}

function standsApart({ spreads }, members, positions, factors) {
  if (members.length === positions.length) return true;
  const inside = total(members.map((i) => spreads[i].logSd)), whole = total(positions.map((i) => spreads[i].logSd));
  const gap = (whole - inside) / (positions.length - members.length) - inside / members.length;
  const factor = total(members.map((i) => factors[i])) / members.length;
  return factor !== 0 && gap / factor > 1 / 3;
}

function bestReading(series, label, factors) {
  const positions = series.spreads.flatMap((spread, i) => (spread.label === label ? [i] : []));
  const labelled = logLikelihood(series, series.spreads.map(() => 0));
  let best = null;
  for (const [members, against] of partsOf(series, positions)) {
    if (!standsApart(series, members, positions, factors)) continue;
    const evidence = logLikelihood(series, factors.map((factor, i) => (members.includes(i) ? factor : 0))) - labelled - against;
    if (best === null || evidence > best.evidence) best = { evidence, members };
  }
  return best;
}

function farOut({ spreads, usual }) {
  const sizes = spreads.map((spread) => spread.logSd);
  const off = usual ? spreads.filter((spread) => spread.logUsual !== null).map((spread) => Math.abs(spread.logUsual - usual[0])) : [];
  return Math.max(0, ...off, Math.max(...sizes) - Math.min(...sizes)) > TEN / 2;
}

function bestSuspect(series) {
  const roots = series.spreads.map((spread) => Math.log(spread.n) / 2), far = farOut(series), readings = [];
  for (const label of [...new Set(series.spreads.map((spread) => spread.label))].sort()) {
    const tries = [[label === "sd" ? "se" : "sd", label === "sd" ? roots : roots.map((root) => -root), 0]];
    if (far) tries.push(["ten", roots.map(() => TEN), 1], ["tenth", roots.map(() => -TEN), 1]);
    for (const [kind, factors, rarer] of tries) {
      const reading = bestReading(series, label, factors);
      if (reading) readings.push({ series, kind, evidence: reading.evidence - rarer, members: reading.members });
    }
  }
  return readings.reduce((best, each) => (best === null || each.evidence > best.evidence ? each : best), null);
}

/** Series of spreads that are judged together. */
function seriesOf(view) {
  view.spreads ??= view.series.flatMap((group) => {
    const spreads = group.flatMap((row) => spreadsOf(view, row, group));
    return spreads.length ? [{ spreads, unit: group[0].outcome?.spread_unit ?? null, differences: differencesOf(view, group, spreads), usual: group[0].outcome?.settings[view.setting]?.usual ?? null }] : [];
  }).concat(["bmi", "body_weight"].flatMap((name) => characteristicSeries(view, name)));
  return view.spreads;
}

/** Body mass index or weight of the groups at baseline: an SE there is one in the rest of the table too. */
function characteristicSeries(view, name) {
  const usual = view.outcomes.get(name)?.settings[view.setting]?.usual ?? null;
  const spreads = view.arms.flatMap((arm, index) => {
    const value = arm[name], sd = isMapping(value) ? sdOf(value) : null;
    if (!sd || !(value.n >= 3) || !(value.mean > 0)) return [];
    const label = value.sd ? "sd" : "se";
    return [{ path: ["arms", index, name, label], label, row: -1, arm: arm.id, n: value.n, number: value[label], sd, logSd: Math.log(sd), logUsual: Math.log(sd / value.mean), ofChange: false }];
  });
  return spreads.length && usual ? [{ spreads, unit: null, differences: [], usual }] : [];
}

function findSuspects(view) {
  const strong = [], weak = [];
  for (const series of seriesOf(view)) {
    const best = bestSuspect(series);
    if (best && best.evidence >= STRONG) strong.push(best);
    else if (best && ["se", "sd"].includes(best.kind) && best.evidence > 0) weak.push(best);
  }
  const all = (suspect) => suspect.members.length === suspect.series.spreads.length;
  const joined = ["se", "sd"].flatMap((kind) => {
    const same = weak.filter((each) => each.kind === kind && all(each));
    return strong.some((each) => each.kind === kind && all(each)) || total(same.map((each) => each.evidence)) >= STRONG ? same : [];
  });
  return [...strong, ...joined];
}

const suspectsOf = (view) => (view.suspects ??= findSuspects(view));
/** Rows whose spreads are in doubt: of them P702 to P704 tell, and nothing that leans on the spread. */
const doubtedRows = (view) => new Set(suspectsOf(view).flatMap(({ series, members }) => members.map((i) => series.spreads[i].row)));

/** Groups more than three SDs apart. */
function* largeDifferences(view) {
  const animals = view.setting === "preclinical";
  for (const row of view.series.flat()) {
    if (!row.outcome || row.outcome.kind === "event") continue;
    for (const [treated, control] of pairsOf(view, row)) {
      const a = row.arms.get(treated), b = row.arms.get(control), one = sdOf(a), other = sdOf(b), first = a.mean ?? a.change, second = b.mean ?? b.change;
      if (one === null || other === null || first === undefined || second === undefined || centreName(a) !== centreName(b) || !a.n || !b.n || implausible(view, row, a) || implausible(view, row, b)) continue;
      const size = Math.abs(first - second) / Math.sqrt((one ** 2 + other ** 2) / 2);
      if (size <= 3 || (animals && !couldBeSes(view, row)) || doubtedRows(view).has(row.index)) continue;
      yield ["P705", ["results", row.index, "arms", treated, a.sd ? "sd" : "se"], `${shown(treated)} and ${shown(control)} are ${short(size, 2)} SDs apart`, a.sd && b.sd ? `if the paper says SE, the difference is ${short(size / Math.sqrt((a.n + b.n) / 2), 2)} SDs: choose “mean and SE”` : "check spread and means against the paper"];
    }
  }
}

/** Whether the spreads of a row fit better as SEs, if not so much better that P702 tells. */
function couldBeSes(view, row) {
  const series = seriesOf(view).find(({ spreads }) => spreads.some((spread) => spread.row === row.index));
  if (!series) return true;
  const reading = bestReading(series, "sd", series.spreads.map((spread) => Math.log(spread.n) / 2));
  return reading !== null && reading.evidence >= Math.log(3);
}

/** An SD many times the mean of what is never negative. */
function* manyTimesMean(view) {
  for (const row of view.series.flat()) {
    if (!row.outcome?.never_negative) continue;
    for (const [arm, value] of row.arms) {
      const sd = sdOf(value);
      if (sd !== null && value.mean > 0 && sd > 3 * value.mean && !doubtedRows(view).has(row.index)) yield ["P713", ["results", row.index, "arms", arm, "mean"], `the SD ${short(sd, 3)} is ${short(sd / value.mean, 2)} times the mean ${short(value.mean)}`, `${row.outcome.label} is never below 0: check the decimal points of mean and spread`];
    }
  }
}

const SPREAD_CODES = { se: "P702", sd: "P703", ten: "P704", tenth: "P704" };

function* spreadChecks(view) {
  for (const { series, kind, members } of suspectsOf(view)) {
    const first = series.spreads[members[0]], label = first.label.toUpperCase(), { usual } = series;
    const span = usual ? [-1.5, 1.5].map((side) => Math.exp(usual[0] + side * usual[1])) : null;
    const share = span && first.logUsual !== null ? `; as labelled the SD is ${short(Math.exp(first.logUsual), 2)} ${series.unit ?? "of the mean"}, usual are ${short(span[0], 2)} to ${short(span[1], 2)}` : "";
    const more = members.length > 1 ? `; ${members.length - 1} more alike` : "";
    const words = { se: "looks like a standard error", sd: "looks like an SD", ten: "looks ten times too small", tenth: "looks ten times too large" };
    const hint = { se: `if the paper says SE or SEM, choose “mean and SE” (an SD would be ${short(first.sd * Math.sqrt(first.n), 3)})`, sd: "if the paper says SD, choose “mean and SD”", ten: "check the decimal point", tenth: "check the decimal point" };
    yield [SPREAD_CODES[kind], first.path, `${label} ${short(first.number)} ${words[kind]}${share}${more}`, hint[kind]];
  }
}

const ALL_CHECKS = [togetherness, references, coherence, identity, todos, sourcesFit, arithmetic, changes, printedTests, plausible, doses, jumps, balance, events, against, spreadChecks, largeDifferences, manyTimesMean, duplicates];
