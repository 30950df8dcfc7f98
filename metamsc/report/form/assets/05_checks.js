// Rules of `metamsc check` that need one record: the same code for the same record. Each yields
// [code, path, message, hint].

const CENTRES = ["mean", "change", "percent_change", "median", "geometric_mean"];
const LEVELS = ["mean", "change", "percent_change"];
const DAYS = { hour: 1 / 24, day: 1, week: 7, month: 365.25 / 12, year: 365.25 };
const SINGLE_ARM = ["single-arm", "animal-single-arm"];
const ACTIVE = ["rct-active", "active-nonrandomised"];
const RANDOMISED = ["rct-parallel", "rct-crossover", "rct-within-person", "rct-active"];
const ANIMAL = ["animal-randomised", "animal-controlled", "animal-single-arm"];

function daysOf(at) {
  if (at === "baseline") return 0;
  const found = /^(\d+(?:\.\d+)?) (hour|day|week|month|year)s?$/.exec(at ?? "");
  return found ? Number(found[1]) * DAYS[found[2]] : null;
}

const centreName = (value) => CENTRES.find((name) => value[name] !== undefined);
const sdOf = (value) => value.sd || (value.se && value.n ? value.se * Math.sqrt(value.n) : null);

/** What tells the spelling of a unit from others: case, spaces, µ and ² do not. As metamsc/outcomes/catalogue.py. */
function spellingKey(unit) {
  return unit.toLowerCase().replace(/[\u00b5\u03bc]/g, "u").replace(/²/g, "2").replace(/\^/g, "").replace(/[⋅∙•*]|\.(?=[a-z])/g, "·").replace(/×/g, "x").replace(/\s+/g, "");
}

/** The catalogue's spelling of a unit; null where the outcome has no such unit. */
function canonicalUnit(data, outcome, unit) {
  if (unit === data.not_printed && outcome.quantity !== null) return unit;
  const found = data.spellings[outcome.quantity] ?? {}, key = spellingKey(unit);
  return owns(found, key) ? found[key] : null;
}

/** A record with what several rules ask for: rows with values per arm, roles, outcomes, units in one spelling. */
function viewOf(record, data) {
  const outcomes = data.byId;
  const results = listOf(record.results).map((result) => {
    const outcome = outcomes.get(result?.outcome), unit = outcome && typeof result.unit === "string" ? canonicalUnit(data, outcome, result.unit) : null;
    return unit === null ? result : { ...result, unit };
  });
  const rows = results.flatMap((result, index) => (isMapping(result?.arms) ? [{ index, result, arms: new Map(Object.entries(result.arms)), days: daysOf(result.at), outcome: outcomes.get(result.outcome) }] : []));
  const series = new Map();
  for (const row of rows) {
    const { outcome, definition, unit, subgroup, unit_of_analysis: counted } = row.result;
    const key = JSON.stringify([outcome, definition, unit, subgroup, counted ?? "participants"]);
    if (!series.has(key)) series.set(key, []);
    series.get(key).push(row);
  }
  return { record, data, outcomes, rows, results, series: [...series.values()], arms: listOf(record.arms),
    roles: new Map(listOf(record.arms).map((arm) => [arm.id, arm.role])), setting: record.study?.setting, design: record.study?.design };
}

function* values(view) {
  for (const row of view.rows) for (const [arm, value] of row.arms) yield [["results", row.index, "arms", arm], arm, value, row];
}

function pairsOf(view, row) {
  const names = [...row.arms.keys()];
  return names.filter((arm) => view.roles.get(arm) === "treatment")
    .flatMap((treated) => names.filter((arm) => ["control", "comparator"].includes(view.roles.get(arm))).map((control) => [treated, control]));
}

/** What the model of a record asks for beyond its schema. */
function* togetherness(view) {
  const order = (path, part) => ["ci", "iq_range", "range"].flatMap((name) => (Array.isArray(part?.[name]) && part[name][0] > part[name][1] ? [["S207", [...path, name], "the lower number comes first", ""]] : []));
  for (const [path, , value] of values(view)) {
    yield* order(path, value);
    const centre = centreName(value), counted = value.events !== undefined || value.percent !== undefined;
    if (centre === undefined && !counted) yield ["S207", path, "a number is missing beside n", "give what the paper prints, or leave this group empty"];
  }
  for (const row of view.rows) if (!row.arms.size) yield ["S207", ["results", row.index, "arms"], "no numbers yet", "type the numbers of the groups, or remove this result"];
  for (const [index, { contrast }] of view.results.entries()) {
    if (!contrast) continue;
    const path = ["results", index, "contrast"], ratio = (contrast.measure ?? "difference") !== "difference";
    yield* order(path, contrast);
    if (contrast[ratio ? "ratio" : "difference"] === undefined) yield ["S207", [...path, ratio ? "ratio" : "difference"], `the ${ratio ? "ratio" : "difference"} is missing`, ""];
    if (contrast.treatment !== undefined && contrast.treatment === contrast.control) yield ["S207", [...path, "control"], "a group cannot be compared with itself", ""];
  }
}

function* references(view) {
  const seen = new Set();
  for (const [index, arm] of view.arms.entries()) {
    if (seen.has(arm.id)) yield ["R408", ["arms", index, "id"], `the name ${shown(arm.id)} is used twice`, "give each group its own name"];
    if (arm.id !== undefined) seen.add(arm.id);
  }
  for (const [index, result] of view.results.entries()) {
    const outcome = view.outcomes.get(result.outcome);
    if (!outcome) continue;
    if (!owns(outcome.settings, view.setting)) yield ["R405", ["results", index, "outcome"], `${outcome.label} is no outcome of this setting`, "choose an outcome of this setting"];
    const percent = result.arms && Object.keys(result.arms).length > 0 && Object.values(result.arms).every((value) => value.percent_change !== undefined);
    const ratio = result.contrast && (result.contrast.measure ?? "difference") !== "difference";
    if (result.unit === undefined && outcome.kind !== "event" && !ratio && !outcome.dimensionless && !percent) yield ["R407", ["results", index, "unit"], "a measurement without a unit", "choose the unit as printed"];
  }
}

function* coherence(view) {
  const { record, design, setting, results } = view, study = record.study ?? {}, roles = view.arms.map((arm) => arm.role);
  for (const [path, , value, { outcome }] of values(view)) {
    const centre = centreName(value);
    if (outcome?.kind === "event" && centre !== undefined) yield ["C501", path, `${outcome.label} is counted; got a ${centre}`, "give events and n"];
    if (outcome?.kind === "continuous" && centre === undefined) yield ["C501", path, `${outcome.label} is measured; got a count`, "give a mean, change or median"];
  }
  for (const [index, { outcome: id, contrast }] of results.entries()) {
    const outcome = view.outcomes.get(id), measure = contrast?.measure ?? "difference";
    if (contrast && outcome && outcome.kind !== "event" && measure !== "difference" && !(outcome.time && measure === "HR")) yield ["C501", ["results", index, "contrast", "measure"], `${outcome.label} is measured; got a ${measure}`, "give the difference"];
    if (!contrast) continue;
    const treated = view.roles.get(contrast.treatment), control = view.roles.get(contrast.control);
    const compared = ["control", "comparator", ...(ACTIVE.includes(design) ? ["treatment"] : [])];
    if (treated !== undefined && treated !== "treatment") yield ["C502", ["results", index, "contrast", "treatment"], `the treated group is a ${treated} group`, "are the two groups exchanged?"];
    if (control !== undefined && !compared.includes(control)) yield ["C502", ["results", index, "contrast", "control"], `the control is a ${control} group`, "are the two groups exchanged?"];
  }
  const controls = roles.filter((role) => role === "control" || role === "comparator"), place = ["study", "design"];
  if (!roles.includes("treatment")) yield ["C503", ["arms"], "no group received the cells or their product", "give one group the role treatment"];
  if (design !== undefined) {
    if (SINGLE_ARM.includes(design) && controls.length) yield ["C503", place, `the design has one group, and there is a ${controls[0]} group`, "choose a controlled design, or remove the group"];
    if (!SINGLE_ARM.includes(design) && !ACTIVE.includes(design) && !controls.length) yield ["C503", place, "the design has a control group, and none is given", "add the group, or choose a single-arm design"];
    if (ACTIVE.includes(design) && view.arms.length < 2) yield ["C503", place, "the design compares groups, and there is one", "add the other group"];
    if (setting !== undefined && ANIMAL.includes(design) !== (setting === "preclinical")) yield ["C505", place, "the design belongs to the other setting", "choose the design again"];
  }
  const end = study.follow_up === undefined ? null : daysOf(study.follow_up);
  for (const [index, result] of results.entries()) {
    const days = daysOf(result.at);
    if (end !== null && days !== null && days > end * 1.05) yield ["C506", ["results", index, "at"], `the result is at ${result.at}; follow-up ends at ${study.follow_up}`, "correct the time, or the follow-up"];
  }
}

const REGISTRIES = /^(?:NCT\d{8}|ISRCTN\d{8}|ChiCTR[-A-Z]*\d{8,10}|ACTRN\d{14}p?|IRCT\w{10,20}(?:N\d+)?|(?:JPRN-)?UMIN\d{9}|(?:JPRN-)?jRCTs?\w{9,11}|KCT\d{7}|CTRI\/\d{4}\/\d{2,3}\/\d{6}|DRKS\d{8}|NTR\d{3,4}|NL\d{3,5}|TCTR\d{11}|RBR-\w{6,7}|RPCEC\d{8}|SLCTR\/\d{4}\/\d{3}|PACTR\d{15,16}|(?:EUCTR|EudraCT )?\d{4}-\d{6}-\d{2}(?:-\w{2})?|CRD\d{11})$/;
const ADDRESS = /^(?:https?:\/\/[^\s/]+\.[^\s/]+(?:\/\S*)?|doi:10\.\d{4,9}\/\S+|PMC\d+|github:[\w.-]+\/[\w.-]+(?:@\S*)?)$/;

function* identity(view) {
  const study = view.record.study ?? {}, { doi, pmid, year } = study, date = view.record.extraction?.date;
  for (const [index, number] of (study.registration ?? []).entries()) if (!REGISTRIES.test(number)) yield ["C510", ["study", "registration", index], `${shown(number)} has not the form of a registry`, "one number each, nothing else: NCT01374854"];
  if (Number.isInteger(year)) {
    if (typeof date === "string" && year > Number(date.slice(0, 4))) yield ["C513", ["study", "year"], `the study is of ${year}, and was extracted on ${date}`, "correct the year or the date"];
    if (year < 1999) yield ["C513", ["study", "year"], `the study is of ${year}; MSC were first described in 1999`, "correct the year"];
  }
  const count = (text, character) => text.split(character).length;
  if (doi !== undefined && (/[.,;:'"]$/.test(doi) || count(doi, ")") > count(doi, "("))) yield ["C515", ["study", "doi"], `the DOI ends with ${shown(doi.at(-1))}`, "a sign of the text around it?"];
  if (/^\d+$/.test(pmid ?? "") && Number(pmid) > 60000000) yield ["C515", ["study", "pmid"], `the PMID ${pmid} is higher than any so far`, "a digit too many, or a PMC id?"];
  for (const [key, { url }] of Object.entries(view.record.sources ?? {})) if (url !== undefined && !url.startsWith("TODO") && !ADDRESS.test(url)) yield ["C515", ["sources", key, "url"], `${shown(url)} is no address`, "write https://… as the browser shows it, doi:10.…, or a PMC id"];
}

const outside = (code, path, number, pair, name) => (number < pair[0] || number > pair[1] ? [[code, path, `the ${name} ${short(number)} lies outside ${short(pair[0])} to ${short(pair[1])}`, "look for a lost minus sign or an exchanged number"]] : []);

function* arithmetic(view) {
  const randomised = new Map(view.arms.map((arm) => [arm.id, arm.n_randomised]));
  for (const [path, arm, value, { result }] of values(view)) {
    const { n, events, percent } = value, centre = centreName(value), most = randomised.get(arm);
    if (events !== undefined && n !== undefined && events > n) yield ["A601", [...path, "events"], `${events} events in ${n} participants`, "are events and n exchanged?"];
    if (percent !== undefined && n && events === undefined) {
      const count = roundEven(percent * n / 100);
      if (Math.abs(100 * count / n - percent) > halfUnit(percent) + SLACK) yield ["A602", [...path, "percent"], `${percent} % of ${n} is no whole number; ${count} would be ${short(100 * count / n)} %`, "the percentage may be of another n"];
    }
    if (percent !== undefined && n && events !== undefined && Math.abs(100 * events / n - percent) > halfUnit(percent) + SLACK) yield ["A603", [...path, "percent"], `${events} of ${n} is ${short(100 * events / n)} %; the percentage given is ${percent}`, "one of the three numbers is of another group"];
    if ((result.unit_of_analysis ?? "participants") === "participants" && most !== undefined && n !== undefined && n > most) yield ["A604", [...path, "n"], `${n} analysed; the group has ${most} randomised`, "no more can be analysed than were randomised"];
    if (value.ci && centre !== undefined) yield* outside("A605", [...path, "ci"], value[centre], value.ci, centre);
    if (value.iq_range && value.median !== undefined) yield* outside("A606", [...path, "iq_range"], value.median, value.iq_range, "median");
    const middle = value.median ?? value.mean;
    if (value.range && middle !== undefined) yield* outside("A606", [...path, "range"], middle, value.range, value.median === undefined ? "mean" : "median");
    if (value.range && value.iq_range) for (const quartile of value.iq_range) yield* outside("A606", [...path, "range"], quartile, value.range, "quartile");
    for (const name of ["sd", "se"]) if (value[name] === 0) yield ["A607", [...path, name], `the ${name.toUpperCase()} is 0`, "leave it out, and say in the note what is printed"];
    if (value.spread?.value === 0) yield ["A607", [...path, "spread"], "the ± is 0", "leave it out, and say in the note what is printed"];
    if (value.ci && [...LEVELS, "geometric_mean"].includes(centre)) yield* asymmetric([...path, "ci"], value[centre], value.ci, centre === "geometric_mean");
  }
  for (const [index, { contrast }] of view.results.entries()) {
    if (!contrast?.ci) continue;
    const path = ["results", index, "contrast", "ci"], name = contrast.difference !== undefined ? "difference" : "ratio", number = contrast[name];
    if (number === undefined) continue;
    yield* outside("A605", path, number, contrast.ci, name);
    yield* asymmetric(path, number, contrast.ci, contrast.ratio !== undefined);
  }
}

/** Whether the estimate is in the middle of its interval: of ratios on the log scale. */
function* asymmetric(path, value, [low, high], ratio) {
  if (value < low || value > high) return;
  if (ratio && !(low > 0 && value > 0)) { yield ["A610", path, `an interval on the log scale with the limit ${short(low)}`, "limits of a ratio are above 0"]; return; }
  const room = ratio ? halfUnit(value) / value + (halfUnit(low, high) / low + halfUnit(high, low) / high) / 2 : halfUnit(value) + (halfUnit(low, high) + halfUnit(high, low)) / 2;
  const [v, a, b] = ratio ? [value, low, high].map(Math.log) : [value, low, high];
  const half = (b - a) / 2, off = half > 0 ? Math.max(0, Math.abs(v - (a + b) / 2) - room * 1.000001) / half : 0;
  if (off > 0.1) yield ["A610", path, `${short(value)} is not in the middle of ${short(low)} to ${short(high)}${ratio ? " on the log scale" : ""}`, "look for an exchanged digit or a lost minus sign"];
}

function* changes(view) {
  for (const group of view.series) {
    const start = group.filter((row) => row.days === 0);
    for (const row of group) {
      if (row.days === null || row.days <= 0) continue;
      for (const [arm, value] of row.arms) {
        const before = start.map((each) => each.arms.get(arm)).find((each) => each?.mean !== undefined);
        const changeRow = group.find((each) => each.days === row.days && each.arms.get(arm)?.change !== undefined);
        if (before === undefined || value.mean === undefined || changeRow === undefined) continue;
        const changed = changeRow.arms.get(arm), expected = value.mean - before.mean, printed = [value.mean, before.mean, changed.change];
        let room = printed.reduce((sum, number) => sum + halfUnit(number, ...printed), 0);
        if (value.n === undefined || before.n !== value.n || changed.n !== value.n) room += 0.25 * Math.max(...[before, value].map(sdOf).filter(Boolean), ...(sdOf(before) || sdOf(value) ? [] : [Math.abs(expected) || 1]));
        if (Math.abs(changed.change - expected) > room * 1.000001) yield ["A611", ["results", changeRow.index, "arms", arm, "change"], `change ${short(changed.change)}; final ${short(value.mean)} minus baseline ${short(before.mean)} is ${short(expected)}`, Math.abs(changed.change + expected) <= room * 1.000001 ? "the sign is exchanged: a change is final minus baseline" : "one of the three is of another group, time or unit"];
      }
    }
  }
}

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

function* plausible(view) {
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
        const whole = alike.length > 1 && alike.length === arms.size && arms.size === before.size;
        if (alike.length && digits(alike.map((arm) => arms.get(arm))) >= (whole ? 4 : 5)) yield ["D804", ["results", row.index, "arms", alike[0]], `the numbers of result ${earlier.index + 1} again`, hint];
      }
    }
  }
}
