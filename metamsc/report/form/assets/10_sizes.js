// Rules of `metamsc check`: sizes beside what is usual and beside each other, and the same numbers twice.

/** Range of a group mean in this unit; null where the catalogue has none. */
function rangeOf(view, outcome, unit) {
  const ranges = outcome?.settings[view.setting]?.ranges[unit];
  return ranges ? ranges[view.record.population?.diabetes_type === "T2D" ? ranges.length - 1 : 0] : null;
}

function usualIn(view, outcome, unit, number) {
  return Object.keys(outcome.units).filter((other) => {
    const range = other === unit ? null : rangeOf(view, outcome, other);
    return range && range[0] <= number && number <= range[1];
  });
}

/** The range for one number: a dose per person that is likelier one per kilogram is out of it. */
function rangeFor(view, { outcome, result: { unit } }, number, name) {
  const range = rangeOf(view, outcome, unit);
  if (!range) return null;
  const [low, high] = range;
  if (name === "change") return [low - high, high - low];
  const perKilogram = number > 0 && number < 0.01 * high && outcome.units[unit]?.per_person && usualIn(view, outcome, unit, number).length > 0;
  return [perKilogram ? 0.01 * high : low, high];
}

function implausible(view, row, value) {
  const range = value.mean === undefined ? null : rangeFor(view, row, value.mean, "mean");
  return range !== null && (value.mean < range[0] || value.mean > range[1]);
}

function slip(number, [low, high]) {
  const factor = [10, 100, 1000, 0.1, 0.01, 0.001].find((each) => number !== 0 && low <= number * each && number * each <= high);
  return factor ? `${short(number * factor)} would be usual: check unit and decimal point` : "check unit, sign and decimal point";
}

const OF_PEOPLE = { age: [["years", 1, 95], ["months", 12, 1140]], disease_duration: [["years", 0, 60], ["months", 0, 720]], bmi: [["kg/m2", 12, 65]] };

/** Age, duration of diabetes and body mass index of groups of people. */
function* plausiblePeople(view) {
  if (view.setting !== "clinical") return;
  for (const [path, part] of summaries(view)) {
    const name = path.at(-1), field = part.mean === undefined ? "median" : "mean", number = part[field], same = (one, other) => spellingKey(one).replace(/s+$/, "") === spellingKey(other).replace(/s+$/, "");
    if (path[0] === "results" || !owns(OF_PEOPLE, name) || number === undefined || part.unit === undefined) continue;
    for (const [unit, low, high] of OF_PEOPLE[name]) if (same(part.unit, unit) && (number < low || number > high)) yield ["P701", [...path, field], `${name.replace("_", " ")} ${short(number)} ${part.unit}; expected ${low} to ${high} ${part.unit}`, slip(number, [low, high])];
  }
}

function* plausible(view) {
  yield* plausiblePeople(view);
  for (const [path, , value, row] of values(view)) {
    if (row.result.unit === undefined || Object.values(row.result.arms).every((each) => each.percent_change !== undefined)) continue;
    for (const name of ["mean", "median", "geometric_mean", "change"]) {
      const number = value[name], range = typeof number === "number" ? rangeFor(view, row, number, name) : null;
      if (!range || (range[0] <= number && number <= range[1])) continue;
      const units = name === "change" ? [] : usualIn(view, row.outcome, row.result.unit, number);
      yield ["P701", [...path, name], `${name} ${short(number)} ${row.result.unit}; expected ${short(range[0])} to ${short(range[1])}`, units.length ? `it would be usual in ${units.join(" or ")}: is that the unit?` : slip(number, range)];
    }
  }
  for (const [index, { outcome, unit, contrast }] of view.results.entries()) {
    const range = contrast?.difference === undefined ? null : rangeOf(view, view.outcomes.get(outcome), unit);
    const most = range ? range[1] - range[0] : Infinity;
    if (range && Math.abs(contrast.difference) > most) yield ["P701", ["results", index, "contrast", "difference"], `difference ${short(contrast.difference)} ${unit}; expected at most ${short(most)} either way`, slip(Math.abs(contrast.difference), [0, most])];
  }
}

const PER_KG = { people: [1e4, 5e7], mouse: [5e5, 1e9], rat: [1e5, 5e8], others: [1e4, 1e9] }, IN_ALL = { people: [1e5, 3e9], mouse: [1e4, 2e7], rat: [5e4, 5e7], others: [1e5, 1e10] };

/** The usual numbers of cells of a dose; null for what is no number of cells. */
function doseLimits(view, cells, unit) {
  const plain = unit.toLowerCase().replaceAll(" ", ""), species = view.record.model?.species ?? "people", byWeight = plain.includes("kg");
  if (!/^(million)?(viable)?cells?(\/kg|perkg|intotal|\/mouse|\/rat|\/animal|\/eye|\/wound)?$/.test(plain)) return null;
  const table = byWeight ? PER_KG : IN_ALL, scale = plain.startsWith("million") ? 1e-6 : 1;
  let [low, high] = table[owns(table, species) ? species : "others"];
  if (species === "people" && cells.msc === false) [low, high] = byWeight ? [1e4, 2e8] : [1e5, 3e10];
  else if (species === "people" && !byWeight && ["intravenous", "pancreatic-artery", "intraportal"].includes(cells.route)) low = 1e6;
  return [low * scale, high * scale];
}

function* doses(view) {
  for (const [index, { cells }] of view.arms.entries()) {
    const { value, unit } = cells?.dose ?? {}, limits = value && typeof unit === "string" ? doseLimits(view, cells, unit) : null;
    if (limits && (value < limits[0] || value > limits[1])) yield ["P707", ["arms", index, "cells", "dose", "value"], `dose ${short(value)} ${unit}; usual are ${limits[0].toExponential(0)} to ${limits[1].toExponential(0)}`, "check the power of ten against the paper (1e6, 1e9), and whether it is cells or cells/kg"];
  }
}

const JUMP = 8, JUMP_AT_START = 5, MAY_JUMP = ["wound_area", "time_to_healing", "albumin_creatinine_ratio", "symptom_score"];

/** Means that are many times the others of their outcome. */
function* jumps(view) {
  const healthy = new Set(view.arms.filter((arm) => arm.role === "healthy").map((arm) => arm.id));
  for (const group of view.series) {
    const [{ outcome }] = group;
    if (!outcome || outcome.kind === "event") continue;
    const levels = group.flatMap((row) => [...row.arms].filter(([, value]) => value.mean > 0 && !implausible(view, row, value)).map(([arm, value]) => ({ row, arm, level: value.mean })));
    const ordered = levels.map(({ level }) => level).sort((a, b) => a - b), middle = ordered.length > 2 ? ordered[Math.floor((ordered.length - 1) / 2)] : levels[0]?.level;
    const far = MAY_JUMP.includes(outcome.id) || levels.length < 2 ? [] : levels.filter(({ level }) => Math.max(level / middle, middle / level) >= JUMP);
    for (const { row, arm, level } of far) yield ["P708", ["results", row.index, "arms", arm, "mean"], `mean ${short(level)}; the other means of ${outcome.label} are about ${short(middle)}`, "check unit and decimal point against the paper"];
    const start = far.length ? [] : levels.filter(({ row, arm }) => row.days === 0 && !healthy.has(arm));
    for (const [i, one] of start.entries()) for (const other of start.slice(i + 1)) if (one.row === other.row && Math.max(one.level / other.level, other.level / one.level) >= JUMP_AT_START) yield ["P708", ["results", one.row.index, "arms", one.arm, "mean"], `mean ${short(one.level)} of ${outcome.label} at baseline, and ${short(other.level)} in ${shown(other.arm)}`, "check unit and decimal point of both against the paper"];
  }
}

/** Groups whose final values are compared and that were unlike from the start. */
function* balance(view) {
  for (const group of view.series) {
    const later = new Set(group.filter((row) => row.days && row.result.pool !== false).flatMap((row) => [...row.arms].filter(([, value]) => value.mean !== undefined).map(([arm]) => arm)));
    for (const row of group.filter((each) => each.days === 0)) {
      for (const [treated, control] of pairsOf(view, row)) {
        const a = row.arms.get(treated), b = row.arms.get(control), one = sdOf(a), other = sdOf(b);
        if (!later.has(treated) || !later.has(control) || one === null || other === null || a.mean === undefined || b.mean === undefined || !a.n || !b.n) continue;
        const size = Math.abs(a.mean - b.mean) / Math.sqrt((one ** 2 + other ** 2) / 2), z = size / Math.sqrt(1 / a.n + 1 / b.n);
        if ((size < 1.5 && (size < 0.5 || z < (RANDOMISED.includes(view.design) ? 3 : 2.576))) || doubtedRows(view).has(row.index)) continue;
        yield ["P706", ["results", row.index, "arms", treated, "mean"], `at baseline ${shown(treated)} has ${short(a.mean)} and ${shown(control)} ${short(b.mean)}, ${short(size, 2)} SDs apart`, "final values compare unlike groups: use the change, the percent change or an adjusted difference"];
      }
    }
  }
}

/** Deaths that become fewer, survivors that become more. */
function* events(view) {
  const last = new Map(), ordered = view.rows.filter((row) => row.days !== null).sort((a, b) => a.days - b.days);
  for (const { index, result, arms } of ordered) {
    const rising = ["death", "amputation"].includes(result.outcome);
    if (!rising && result.outcome !== "survival") continue;
    for (const [arm, { events: count, n }] of arms) {
      if (count === undefined || n === undefined) continue;
      const key = JSON.stringify([result.outcome, result.definition, result.subgroup, arm]), before = last.get(key);
      last.set(key, [count, n]);
      if (before && before[1] === n && (rising ? count < before[0] : count > before[0])) yield ["P710", ["results", index, "arms", arm, "events"], `${count} of ${n}; earlier there were ${before[0]}`, "they are counted from the start: check times, groups and counts"];
    }
  }
}

/** One row that clearly favours the control while all others favour the treated group. */
function* against(view) {
  const found = new Map();
  for (const group of view.series) {
    const [{ outcome }] = group;
    if (!outcome || outcome.direction === "neutral" || outcome.kind === "event") continue;
    for (const row of group.filter((each) => each.days)) {
      for (const pair of pairsOf(view, row)) {
        const [a, b] = pair.map((arm) => row.arms.get(arm)), [one, other] = [sdOf(a), sdOf(b)];
        if (levelOf(a) === undefined || levelOf(b) === undefined || one === null || other === null || centreName(a) !== centreName(b) || !a.n || !b.n) continue;
        const z = (outcome.direction === "higher" ? 1 : -1) * (levelOf(a) - levelOf(b)) / Math.sqrt(one ** 2 / a.n + other ** 2 / b.n), key = JSON.stringify(pair);
        found.set(key, [...(found.get(key) ?? []), { row, pair, z, outcome }]);
      }
    }
  }
  for (const leanings of found.values()) {
    const clear = leanings.filter(({ z }) => Math.abs(z) >= 2.576), odd = clear.filter(({ z }) => z < 0);
    if (odd.length !== 1 || odd[0].z > -3.291 || clear.length < 3 || doubtedRows(view).has(odd[0].row.index)) continue;
    const [{ row, pair: [treated, control], outcome }] = odd;
    yield ["P711", ["results", row.index, "arms", treated], `${outcome.label} is better in ${shown(control)} than in ${shown(treated)}; ${clear.length - 1} other results clearly favour ${shown(treated)}`, "are the two groups exchanged in this result?"];
  }
}

function* duplicates(view) {
  const seen = new Map();
  for (const [index, result] of view.results.entries()) {
    const arms = result.arms ? Object.keys(result.arms).sort() : null, { contrast } = result;
    const centres = [...new Set(Object.values(result.arms ?? {}).map((value) => centreName(value) ?? "events"))].sort();
    const key = JSON.stringify([result.outcome, result.definition, result.at, result.at_note, result.subgroup, view.record.results[index].unit, result.unit_of_analysis ?? "participants", arms, contrast ? [contrast.treatment, contrast.control, contrast.measure ?? "difference"] : null, centres]);
    if (seen.has(key)) yield ["D801", ["results", index], `the same outcome, time and groups as result ${seen.get(key) + 1}`, "remove one, or tell them apart by the definition"];
    else seen.set(key, index);
  }
  const healthy = new Set(view.arms.filter((arm) => arm.role === "healthy").map((arm) => arm.id));
  const hint = "one of the two is copied from the other place";
  for (const group of view.series) {
    const numbered = group.map((row) => [row, new Map([...row.arms].filter(([arm]) => !healthy.has(arm)).map(([arm, value]) => [arm, [value[centreName(value)], value.sd ?? value.se ?? value.spread?.value]]).filter(([, pair]) => !pair.includes(undefined)))]);
    const digits = (pairs) => pairs.flat().reduce((sum, number) => sum + significantDigits(number), 0);
    const same = (one, other) => one !== undefined && other !== undefined && one[0] === other[0] && one[1] === other[1];
    for (const [i, [row, arms]] of numbered.entries()) {
      const names = [...arms.keys()];
      for (const [j, one] of names.entries()) for (const other of names.slice(j + 1)) if (same(arms.get(one), arms.get(other)) && digits([arms.get(one)]) >= 5) yield ["D804", ["results", row.index, "arms", other], `the numbers of ${one} again`, hint];
      for (const [earlier, before] of numbered.slice(0, i)) {
        const alike = names.filter((arm) => same(before.get(arm), arms.get(arm)));
        const crossed = names.filter((arm) => [...before].some(([other, earlier]) => other !== arm && same(earlier, arms.get(arm))));
        const times = crossed.map((arm) => [...before].filter(([other, earlier]) => other !== arm && same(earlier, arms.get(arm))).length);
        if (digits(crossed.flatMap((arm, k) => Array.from({ length: times[k] }, () => arms.get(arm)))) >= 5) yield ["D805", ["results", row.index, "arms", crossed[0]], `these are the numbers of another group in result ${earlier.index + 1}`, "the groups, or the times, are exchanged in one of the two"];
        const whole = alike.length > 1 && alike.length === arms.size && arms.size === before.size;
        if (alike.length && digits(alike.map((arm) => arms.get(arm))) >= (whole ? 4 : 5)) yield ["D804", ["results", row.index, "arms", alike[0]], `the numbers of result ${earlier.index + 1} again`, hint];
      }
    }
  }
}
