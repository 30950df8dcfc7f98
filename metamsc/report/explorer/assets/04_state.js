// What the reader has chosen, and the same as the part of the address behind "#". An address may come from
// anybody: only known names and known values are taken, everything else is left out and counted.

const LONGEST_HASH = 20000;
const SORTS = { plan: "Year", label: "Name", effect: "Effect", weight: "Weight" };

function defaultState(data, name) {
  const analysis = data.analyses.find((item) => item.name === name) ?? fullest(data);
  return {
    analysis: analysis.name,
    tau2: analysis.choices.tau2_method,
    ci: analysis.choices.ci_method,
    by: plannedSplit(data, analysis),
    merge: false,
    levels: {}, // facet -> the levels kept; a facet that is not here keeps all of them
    from: null, // weeks
    to: null,
    out: [], // rows left out by hand
    sort: "plan",
    open: "",
  };
}

/** The analysis with most rows, the first of them: what a reader who has not chosen sees. */
function fullest(data) {
  return data.analyses.reduce((best, item) => (item.rows.length > best.rows.length ? item : best));
}

function plannedSplit(data, analysis) {
  const second = analysis.strata[1] ?? "";
  return data.facets.some((facet) => facet.name === second) ? second : "";
}

/** Levels of each facet among the rows of an analysis, in the order of the page. */
function levelsOf(data, analysis) {
  return data.facets.map((facet, index) => {
    const present = new Set(analysis.rows.map((row) => row.levels[index]));
    return { name: facet.name, label: facet.label, index, words: facet.words.filter(([level]) => present.has(level)) };
  });
}

/** Read an address; returns the state and how many of its parts were not understood. */
function readHash(data, hash) {
  const text = hash.replace(/^#/, "");
  if (text.length > LONGEST_HASH) return [defaultState(data, ""), 1];
  const given = new URLSearchParams(text);
  const named = given.get("a");
  const state = defaultState(data, named);
  const analysis = data.analyses.find((item) => item.name === state.analysis);
  let lost = named !== null && named !== state.analysis ? 1 : 0;
  const facets = levelsOf(data, analysis);
  for (const [key, value] of given) {
    if (key !== "a" && !takePart(state, analysis, facets, key, value)) lost += 1;
  }
  return [state, lost];
}

/** Put one part of an address into the state; false where it is not understood. */
function takePart(state, analysis, facets, key, value) {
  const ids = new Set(analysis.rows.map((row) => row.id));
  const pick = (allowed) => (allowed.includes(value) ? ((state[key] = value), true) : false);
  switch (key) {
    case "tau2": return pick(TAU2_METHODS);
    case "ci": return pick(CI_METHODS);
    case "sort": return pick(Object.keys(SORTS));
    case "by": return pick(["", ...facets.filter((f) => f.name !== "diabetes_type").map((f) => f.name)]);
    case "merge": return value === "1" ? (state.merge = true) : false;
    case "open": return pick([...ids]);
    case "from":
    case "to": {
      const weeks = /^\d{1,5}(\.\d{1,3})?$/.test(value) ? Number(value) : NaN;
      return Number.isFinite(weeks) ? ((state[key] = weeks), true) : false;
    }
    case "out": {
      if (!ids.has(value)) return false;
      if (!state.out.includes(value)) state.out.push(value);
      return true;
    }
    default: {
      const facet = facets.find((item) => `f.${item.name}` === key);
      if (facet && value === "") return Boolean((state.levels[facet.name] ??= [])); // nothing of it kept
      const known = facet?.words.some(([level]) => level === value);
      if (known) (state.levels[facet.name] ??= []).push(value);
      return Boolean(known);
    }
  }
}

/** The address of a state: only what differs from the plan. */
function formatHash(data, state) {
  const plain = defaultState(data, state.analysis), parts = new URLSearchParams();
  parts.append("a", state.analysis);
  for (const key of ["tau2", "ci", "by", "sort", "open"]) {
    if (state[key] !== plain[key]) parts.append(key, state[key]);
  }
  if (state.merge) parts.append("merge", "1");
  for (const key of ["from", "to"]) if (state[key] !== null) parts.append(key, String(state[key]));
  for (const name of Object.keys(state.levels).sort()) {
    for (const level of state.levels[name].length ? state.levels[name] : [""]) parts.append(`f.${name}`, level);
  }
  for (const id of state.out) parts.append("out", id);
  return `#${parts}`;
}
