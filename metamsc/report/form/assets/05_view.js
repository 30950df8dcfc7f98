// A record as the rules look at it: rows of results, groups, outcomes, units in one spelling.

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

/** Every distribution of a record: values of groups, and age, duration and body mass index. */
function* summaries(view) {
  for (const [path, , value] of values(view)) yield [path, value];
  const owners = [...view.arms.map((arm, index) => [["arms", index], arm]), [["population"], view.record.population]];
  for (const [path, owner] of owners) for (const name of ["age", "disease_duration", "bmi"]) if (isMapping(owner?.[name])) yield [[...path, name], owner[name]];
}

/** Mean, change or percent change; undefined for a median or a count. */
const levelOf = (value) => (LEVELS.includes(centreName(value)) ? value[centreName(value)] : undefined);

/** SD that a labelled spread can stand for, with its rounding: [low, high]; null where there is none or it is 0. */
function sdRange(value) {
  const root = value.sd ? 1 : value.se && value.n ? Math.sqrt(value.n) : null;
  if (root === null) return null;
  const [low, high] = unrounded(value.sd || value.se, levelOf(value));
  return [Math.max(low * root, 0), high * root];
}
