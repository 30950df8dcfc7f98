// The result in words. No claim beyond the numbers: sign, interval and the null decide each sentence.

const TAU2_WORDS = { REML: "REML", PM: "Paule\u2013Mandel", DL: "DerSimonian\u2013Laird" };
const CI_WORDS = {
  "hksj-adhoc": "Hartung\u2013Knapp (ad hoc)", hksj: "Hartung\u2013Knapp", wald: "Wald", t: "t, model-based",
};
const PI_WORDS = {
  t: "t, k \u2212 1 df", riley: "t, k \u2212 2 df", normal: "normal quantiles", simple: "normal quantiles, mean taken as known",
};

function effectWords(axis, estimate, decimals) {
  const unit = axis.ratio || !axis.unit ? "" : axis.unit === "%" ? " percentage points" : ` ${axis.unit}`;
  return `${formatEffect(estimate, axis, decimals)}${unit}`;
}

/** What an interval says about no difference, in words that need no statistics. */
function verdict(axis, fit) {
  const [low, high] = fit.ci;
  if (low < axis.null && high > axis.null) return `the interval reaches from lower to higher with ${axis.treatment}, so it does not tell which`;
  if (low >= axis.null && high <= axis.null) return "no difference, without any width";
  const side = fit.estimate < axis.null ? "lower" : "higher";
  return `${side} with ${axis.treatment}, and so is the whole interval`;
}

/** One sentence or three for a pool. */
function poolWords(view, group) {
  const { axis, decimals, level } = view, { fit } = group;
  const measure = lowerFirst(axis.measure_label);
  const interval = `${percent(level)} CI ${formatInterval(fit.ci, axis, decimals)}`;
  if (fit.k === 1) {
    return `One study, nothing is pooled: ${group.rows[0].label}, ${measure} ${effectWords(axis, fit.estimate, decimals)} (${interval}).`;
  }
  const parts = [
    `${capitalFirst(rowsInWords(group.rows))}: pooled ${measure} ${effectWords(axis, fit.estimate, decimals)} (${interval}, ${formatP(fit.p)}); ${verdict(axis, fit)}.`,
  ];
  if (fit.pi) parts.push(`A new study's true effect is expected between ${formatInterval(fit.pi, axis, decimals).replace(" to ", " and ")} (${percent(level)} prediction interval).`);
  parts.push(`Heterogeneity: τ² = ${formatSignificant(fit.tau2)}, I² = ${formatPercent(fit.I2)}%.`);
  return parts.join(" ");
}

function capitalFirst(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function rowsInWords(rows) {
  const cohorts = new Set(rows.map((row) => row.cohort)).size;
  const studies = plural(cohorts, "study", "studies");
  return cohorts === rows.length ? studies : `${plural(rows.length, "comparison")} from ${studies}`;
}

/** What screen readers are told after every change. */
function announcement(view) {
  const total = view.analysis.rows.length;
  const head = `${view.rows.length} of ${plural(total, "result")} shown.`;
  if (!view.rows.length) return `${head} No study is left: nothing to pool.`;
  const texts = view.groups.map((group) => `${group.title}. ${poolWords(view, group)}`);
  return [head, ...texts].join(" ");
}

function methodWords(view) {
  const { state, analysis } = view;
  return `Inverse variance, τ² by ${TAU2_WORDS[state.tau2]}, ${CI_WORDS[state.ci]} ${percent(view.level)} intervals; `
    + `prediction intervals (${PI_WORDS[analysis.choices.pi_method]}) from k = 3.`;
}

/** How the pooling differs from the plan's; "" where it does not. */
function choiceWords({ state, analysis }) {
  const { tau2_method: tau2, ci_method: ci } = analysis.choices;
  if (state.tau2 === tau2 && state.ci === ci) return "";
  return `Pooled by ${TAU2_WORDS[state.tau2]} with ${CI_WORDS[state.ci]} intervals; the plan has ${TAU2_WORDS[tau2]} with ${CI_WORDS[ci]} intervals.`;
}

/** What was filtered, for captions and citations; "" where nothing was. */
function filterWords(view) {
  const { data, state, analysis } = view, parts = [];
  for (const facet of data.facets) {
    const kept = state.levels[facet.name];
    if (kept) parts.push(`${facet.label}: ${kept.map((level) => wordsOf(data, facet.name, level)).join(", ") || "none"}`);
  }
  if (state.from !== null || state.to !== null) {
    parts.push(`follow-up ${state.from ?? 0} to ${state.to ?? "any number of"} weeks`);
  }
  if (state.out.length) {
    const labels = analysis.rows.filter((row) => state.out.includes(row.id)).map((row) => row.label);
    parts.push(`without ${labels.join(", ")}`);
  }
  return parts.join("; ");
}
