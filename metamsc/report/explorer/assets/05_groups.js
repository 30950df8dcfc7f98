// Which rows are shown and which are pooled together. Types of diabetes are always apart, unless the reader
// asks for a pool over all of them, and a row without a control group never meets one with.

const TYPE_ORDER = ["T1D", "T2D", "T3c", "mixed", "unspecified"];
const WEEK = 7;

/** Rows that pass every filter but the facet `except` (to count what its levels would give). */
function passing(data, analysis, state, except = "") {
  const wanted = [];
  data.facets.forEach((facet, index) => {
    const kept = state.levels[facet.name];
    if (kept && facet.name !== except) wanted.push([index, new Set(kept)]);
  });
  const out = new Set(state.out);
  const timed = state.from !== null || state.to !== null;
  const low = (state.from ?? 0) * WEEK - 0.5, high = (state.to ?? Infinity) * WEEK + 0.5;
  return analysis.rows.filter((row) => {
    if (out.has(row.id)) return false;
    for (const [index, kept] of wanted) if (!kept.has(row.levels[index])) return false;
    return !timed || (row.days !== null && row.days >= low && row.days <= high);
  });
}

/** How many rows each level of each facet would keep, the other filters as they are. */
function countLevels(data, analysis, state) {
  const everything = passing(data, analysis, state);
  return data.facets.map((facet, index) => {
    const rows = state.levels[facet.name] ? passing(data, analysis, state, facet.name) : everything;
    const counts = new Map();
    for (const row of rows) counts.set(row.levels[index], (counts.get(row.levels[index]) ?? 0) + 1);
    return counts;
  });
}

function sortRows(rows, sort) {
  const by = {
    plan: () => 0,
    label: (a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
    effect: (a, b) => a.yi - b.yi,
    weight: (a, b) => a.vi - b.vi,
  }[sort];
  return [...rows].sort(by);
}

/** The view: rows in groups, every group pooled. */
function makeView(data, analysis, state) {
  const rows = sortRows(passing(data, analysis, state), state.sort);
  const context = { data, analysis, state, level: analysis.choices.level };
  const groups = [];
  for (const single of [false, true]) {
    const own = rows.filter((row) => row.single_arm === single);
    const types = levelsPresent(own.map((row) => row.type));
    for (const type of types) groups.push(makeGroup(context, type, single, own.filter((row) => row.type === type)));
    if (state.merge && types.length > 1) groups.push(overallGroup(context, single, own, types));
  }
  const decimals = decimalsFor(analysis.rows.map((row) => Math.sqrt(row.vi)));
  return { ...context, rows, groups, decimals, axis: analysis.axis };
}

function levelsPresent(values) {
  const present = new Set(values);
  const known = TYPE_ORDER.filter((type) => present.has(type));
  return [...known, ...[...present].filter((type) => !known.includes(type)).sort()];
}

function wordsOf(data, facet, level) {
  const words = data.facets.find((item) => item.name === facet)?.words ?? [];
  return words.find(([name]) => name === level)?.[1] ?? level;
}

function typeTitle({ data, analysis }, type) {
  const words = wordsOf(data, "diabetes_type", type);
  return analysis.setting === "preclinical" ? `Models of ${lowerFirst(words)}` : words;
}

const SINGLE_ARM = "one group, before and after, no control";

function makeGroup(context, type, single, rows) {
  const { data, state } = context;
  const title = typeTitle(context, type) + (single ? ` (${SINGLE_ARM})` : "");
  const group = makePool(context, { key: [type], id: `${single ? "single/" : ""}${type}`, title, rows, single });
  group.children = [];
  group.weights = new Map(rows.map((row, i) => [row.id, rows.length > 1 ? group.fit.weights[i] : null]));
  const index = data.facets.findIndex((facet) => facet.name === state.by);
  if (index >= 0) {
    const levels = [...new Set(rows.map((row) => row.levels[index]))].sort();
    group.children = levels.map((level) => makePool(context, {
      key: [type, level],
      id: `${group.id}/${level}`,
      title: wordsOf(data, state.by, level),
      rows: rows.filter((row) => row.levels[index] === level),
      single,
    }));
  }
  return group;
}

function overallGroup(context, single, rows, types) {
  const { analysis } = context;
  const animals = analysis.setting === "preclinical";
  const title = (animals ? "All models together" : "All types of diabetes together") + (single ? ` (${SINGLE_ARM})` : "");
  const group = makePool(context, { key: [], id: `${single ? "single/" : ""}overall`, title, rows, single });
  const listed = types.map((type) => lowerFirst(typeTitle(context, type))).join(", ");
  const plan = analysis.across
    ? `The plan's reason for showing it: ${analysis.across_note}`
    : "The plan does not pool them: the cells may act differently in each type.";
  group.cautions.unshift(`This pools ${listed} together. ${plan}`);
  return { ...group, overall: true, children: [] };
}

/** Pool rows by the state's choices, with what a reader must know beside the numbers. */
function makePool({ analysis, state, level }, group) {
  const yi = group.rows.map((row) => row.yi), vi = group.rows.map((row) => row.vi);
  const fit = pool(yi, vi, optionsOf(analysis, state));
  const tau2Ci = tau2Interval(yi, vi, level);
  return { ...group, fit, tau2Ci, cautions: cautionsOf(group.rows, fit, vi, tau2Ci, state) };
}

function optionsOf(analysis, state) {
  const { pi_method: piMethod, level } = analysis.choices;
  return { tau2Method: state.tau2, ciMethod: state.ci, piMethod, level };
}

function cautionsOf(rows, fit, vi, tau2Ci, state) {
  const { k } = fit, found = [];
  if (k > 1 && new Set(rows.map((row) => row.cohort)).size === 1) {
    found.push(`The ${k} rows are arms of one study with one control group, not independent studies.`);
  }
  if (k === 1) found.push("k = 1: nothing is pooled; effect and interval are the study's own, with normal quantiles.");
  if (k === 2) {
    const wide = state.ci === "wald" ? "" : " With one degree of freedom the interval is very wide (t quantile 12.7 at 95%): compare the Wald interval.";
    found.push(`k = 2: heterogeneity cannot be estimated from two studies, and there is no prediction interval.${wide}`);
  }
  if (k === 3 || k === 4) found.push(`k = ${k}: with so few studies heterogeneity (τ², I²) cannot be estimated reliably.`);
  if (fit.se === 0) {
    found.push("The effects are identical, so the Hartung-Knapp interval has no width; this is not precision. Use the ad hoc variant or Wald.");
  }
  if (tau2Ci && tau2Ci[1] === 0 && fit.Q > 0) found.push("The effects vary less than sampling error alone would make them.");
  const ratio = vi.reduce((a, b) => Math.max(a, b), 0) / vi.reduce((a, b) => Math.min(a, b), Infinity);
  if (ratio >= 1e7) found.push(`The largest sampling variance is ${ratio.toExponential(1)} times the smallest; check the smallest for an error.`);
  return found;
}

/** Every pool of a view, parts before their whole. */
function poolsOf(view) {
  return view.groups.flatMap((group) => [...group.children, group]);
}

/** Largest relative difference from the plan's own results; null where nothing can be compared. */
function differenceFromPlan(view) {
  const { analysis } = view;
  let worst = null;
  for (const group of poolsOf(view)) {
    if (group.single) continue;
    const planned = analysis.planned.find((item) => item.key.join("\n") === group.key.join("\n") && item.k === group.fit.k);
    if (!planned) continue;
    const pairs = [[group.fit.estimate, planned.estimate], [group.fit.se, planned.se], [group.fit.ci[0], planned.ci[0]],
      [group.fit.ci[1], planned.ci[1]]];
    if (planned.pi && group.fit.pi) pairs.push([group.fit.pi[0], planned.pi[0]], [group.fit.pi[1], planned.pi[1]]);
    for (const [here, there] of pairs) {
      const size = Math.max(Math.abs(there), planned.se, 1e-300);
      worst = Math.max(worst ?? 0, Math.abs(here - there) / size);
    }
  }
  return worst;
}

/** Whether a state is the plan, pools over all types aside. */
function isPlanned(data, state) {
  const plain = defaultState(data, state.analysis);
  return !Object.keys(state.levels).length && !state.out.length && state.from === null && state.to === null
    && ["tau2", "ci", "by"].every((key) => state[key] === plain[key]);
}
