// Effect sizes of what was entered: the numbers of metamsc.compute_effects with its defaults.

const Z95 = 1.959963984540054;

/** Exact small-sample correction J of Hedges (1981, J Educ Stat 6:107, eq. 6e), on df degrees of freedom. */
function hedgesCorrection(df) {
  return df > 1 ? Math.exp(0.5 * Math.log(Math.PI) - logBeta(df / 2 - 0.5, 0.5) - 0.5 * Math.log(df / 2)) : NaN;
}

/** Both ends of an interval are there, the lower one first. */
const isWhole = (pair) => Array.isArray(pair) && pair.every(Number.isFinite) && pair[0] < pair[1];

/** Mean and SD from a median with quartiles, range or both: Luo 2018, Wan 2014, Shi 2020; null where they do not give them. */
function momentsOfMedian({ n, median, iq_range: quartiles, range }) {
  const given = [quartiles, range].filter((pair) => pair !== undefined);
  if (!(n >= 5) || !given.length || !given.every(isWhole) || given.some(([low, high]) => median < low || median > high)) return null;
  if (quartiles && range && (range[0] > quartiles[0] || range[1] < quartiles[1])) return null;
  const middle = (pair) => (pair[0] + pair[1]) / 2, parts = [];
  if (range) parts.push((range[1] - range[0]) / (2 * normalQuantile((n - 0.375) / (n + 0.25))));
  if (quartiles) parts.push((quartiles[1] - quartiles[0]) / (2 * normalQuantile((0.75 * n - 0.125) / (n + 0.25))));
  if (parts.length === 1) {
    const weight = range ? 4 / (4 + n ** 0.75) : 0.7 + 0.39 / n;
    return { mean: weight * middle(given[0]) + (1 - weight) * median, sd: parts[0] };
  }
  const outer = 2.2 / (2.2 + n ** 0.75), inner = 0.7 - 0.72 / n ** 0.55, weight = 1 / (1 + 0.07 * n ** 0.6);
  return { mean: outer * middle(range) + inner * middle(quartiles) + (1 - outer - inner) * median, sd: weight * parts[0] + (1 - weight) * parts[1] };
}

/** SD and SE of a group by what is printed; a ± without a name is read as `reading` says. */
function widthsOf({ n, sd, se, ci, spread }, reading) {
  const root = Math.sqrt(n), bySd = (width) => ({ sd: width, se: width / root });
  if (sd > 0) return n >= 1 ? bySd(sd) : null;
  if (sd !== undefined) return null;
  if (se > 0) return { sd: n >= 1 ? se * root : null, se };
  if (se !== undefined) return null;
  if (spread?.value > 0) return reading === "sd" ? (n >= 1 ? bySd(spread.value) : null) : { sd: n >= 1 ? spread.value * root : null, se: spread.value };
  if (spread !== undefined || !isWhole(ci) || !(n >= 2)) return null;
  return bySd(((ci[1] - ci[0]) / (2 * tQuantile(0.975, n - 1))) * root); // Cochrane Handbook 6.5.2.2
}

/** Centre and standard error of an arm, and its SD; null where the entry does not give them. */
function armMoments(value, reading) {
  const name = ["mean", "change", "percent_change", "median"].find((each) => value[each] !== undefined), { n } = value;
  if (name === undefined) return null;
  const figure = (value.reading_error ?? 0) / Math.sqrt(3); // anywhere within ± error equally likely
  if (name === "median") {
    const found = momentsOfMedian(value);
    return found && { name: "mean", centre: found.mean, n, sd: found.sd, se: found.sd / Math.sqrt(n), figure, median: true };
  }
  const widths = widthsOf(value, reading);
  return widths && { name, centre: value[name], n, ...widths, figure };
}

/** Mean and SD of the logarithms of a group with a geometric mean; null where n or its spread is not given. */
function logMoments({ n, geometric_mean: mean, geometric_sd: factor, ci, reading_error: error = 0 }) {
  if (!(mean > 0) || !(n >= 2)) return null;
  const figure = error / Math.sqrt(3) / mean;
  if (factor > 1) return { centre: Math.log(mean), n, sd: Math.log(factor), figure };
  if (!isWhole(ci) || !(ci[0] > 0) || mean < ci[0] || mean > ci[1]) return null;
  return { centre: Math.log(mean), n, sd: (Math.sqrt(n) * Math.log(ci[1] / ci[0])) / (2 * tQuantile(0.975, n - 1)), figure };
}

function meanDifference(a, b) {
  return { measure: "MD", yi: a.centre - b.centre, vi: a.se ** 2 + b.se ** 2 + a.figure ** 2 + b.figure ** 2 };
}

function standardisedDifference(a, b) {
  const df = a.n + b.n - 2, pooled = ((a.n - 1) * a.sd ** 2 + (b.n - 1) * b.sd ** 2) / df, slope = hedgesCorrection(df) / Math.sqrt(pooled);
  const yi = slope * (a.centre - b.centre);
  return { measure: "SMD", yi, vi: 1 / a.n + 1 / b.n + yi ** 2 / (2 * (a.n + b.n)) + slope ** 2 * (a.figure ** 2 + b.figure ** 2) };
}

/** Effects of two groups of measurements under one reading of a ± without a name. */
function meanEffects(one, other, reading, note) {
  const logs = [one, other].map(logMoments);
  if (!logs.includes(null)) {
    const [a, b] = logs;
    return [{ measure: "ROM", log: true, yi: a.centre - b.centre, vi: a.sd ** 2 / a.n + b.sd ** 2 / b.n + a.figure ** 2 + b.figure ** 2, note: "ratio of geometric means" }];
  }
  const a = armMoments(one, reading), b = armMoments(other, reading);
  if (!a || !b || a.name !== b.name) return [];
  const told = [a.median || b.median ? "from medians (Luo 2018)" : "", note].filter(Boolean).join("; "), percent = a.name === "percent_change";
  const found = [{ ...meanDifference(a, b), ...(percent ? { unit: "% of baseline" } : {}) }];
  if (a.name === "mean" && a.n > 1 && b.n > 1 && a.sd && b.sd) found.push(standardisedDifference(a, b));
  return found.map((effect) => ({ ...effect, note: told }));
}

/** Log risk ratio, log odds ratio and risk difference; half an event is added to each cell where one is empty. */
function countEffects([a, n1], [c, n2]) {
  const add = [a, n1 - a, c, n2 - c].includes(0) ? 0.5 : 0, note = add ? "½ added: an empty cell" : "";
  const [e, f, g, h] = [a + add, n1 - a + add, c + add, n2 - c + add], p1 = e / (e + f), p2 = g / (g + h);
  return [
    { measure: "RR", log: true, yi: Math.log(e / (e + f)) - Math.log(g / (g + h)), vi: 1 / e - 1 / (e + f) + 1 / g - 1 / (g + h), note },
    { measure: "OR", log: true, yi: Math.log((e * h) / (f * g)), vi: 1 / e + 1 / f + 1 / g + 1 / h, note },
    { measure: "RD", yi: p1 - p2, vi: (p1 * (1 - p1)) / (e + f) + (p2 * (1 - p2)) / (g + h), note },
  ];
}

/** Events and n; from a percentage where exactly one count prints as it. */
function counts({ n, events: given, percent }) {
  if (!(n >= 1)) return null;
  if (given !== undefined) return given <= n ? [given, n] : null;
  if (percent === undefined) return null;
  const half = halfUnit(percent), fits = [], last = Math.min(Math.ceil(((percent + half) * n) / 100) + 1, n);
  for (let x = Math.max(Math.floor(((percent - half) * n) / 100) - 1, 0); x <= last; x += 1) if (Math.abs((100 * x) / n - percent) <= half + 1e-9) fits.push(x);
  return fits.length === 1 ? [fits[0], n] : null;
}

/** Degrees of freedom behind the interval or P of a contrast; null for the normal distribution. */
function contrastDf({ df, test = "not-reported", measure = "difference", adjusted_for: adjusted, n_treatment: n1, n_control: n2 }) {
  if (df !== undefined && !["chi2", "fisher", "mann-whitney", "z"].includes(test)) return df;
  return measure !== "difference" || adjusted !== undefined || test === "z" || !n1 || !n2 || n1 + n2 < 3 ? null : n1 + n2 - 2;
}

/** SE of a contrast on the analysis scale: as printed, from the interval, the statistic, or an exact P; null without any. */
function contrastSe(contrast, number, limits) {
  const { se, statistic, test, df, p, p_operator: operator = "=", one_sided: oneSided } = contrast, free = contrastDf(contrast);
  const quantile = (tail) => (free === null ? -normalQuantile(tail) : -tQuantile(tail, free));
  if (se !== undefined) return se > 0 ? se : null;
  if (limits) return (limits[1] - limits[0]) / (2 * quantile(0.025));
  if (statistic !== undefined && ["t", "welch", "z", "f", "chi2"].includes(test) && !(test === "chi2" && df !== undefined && df !== 1)) return statistic && number ? Math.abs(number) / (["f", "chi2"].includes(test) ? Math.sqrt(statistic) : Math.abs(statistic)) : null;
  return p > 0 && p < (oneSided ? 0.5 : 1) && operator === "=" && number ? Math.abs(number) / quantile(oneSided ? p : p / 2) : null;
}

/** A difference or ratio as printed, with its interval. */
function contrastEffect(contrast) {
  const { measure = "difference", difference, ratio, ci } = contrast, log = measure !== "difference", number = log ? Math.log(ratio) : difference;
  if (!Number.isFinite(number) || (ci !== undefined && (!isWhole(ci) || (log && !(ci[0] > 0))))) return null;
  const limits = ci && (log ? ci.map(Math.log) : ci);
  if (limits && (number < limits[0] || number > limits[1])) return null;
  const se = contrastSe(contrast, number, limits), half = Z95 * se;
  if (!(se > 0)) return null;
  const from = contrast.se === undefined && !limits ? `SE from ${contrast.statistic === undefined || !contrast.test ? "P" : contrast.test}` : "as printed";
  return { measure: log ? measure : "MD", log, yi: number, vi: se ** 2, interval: limits ?? [number - half, number + half], note: from };
}

/** Effects of one result: [{label, measure, yi, vi, low, high, log, note}], one a pair of groups and measure. */
function effectsOf(view, index) {
  const result = view.results[index], row = view.rows.find((each) => each.index === index);
  const finish = (label, effect) => {
    const [low, high] = effect.interval ?? [effect.yi - Z95 * Math.sqrt(effect.vi), effect.yi + Z95 * Math.sqrt(effect.vi)];
    return { label, note: "", log: false, ...effect, low, high };
  };
  if (result?.contrast) {
    const effect = contrastEffect(result.contrast);
    return effect ? [finish(`${result.contrast.treatment} against ${result.contrast.control}`, effect)] : [];
  }
  if (!row) return [];
  return pairsOf(view, row).flatMap(([treated, control]) => {
    const a = row.arms.get(treated), b = row.arms.get(control), label = `${treated} against ${control}`, one = counts(a), other = counts(b);
    if (one && other) return countEffects(one, other).map((effect) => finish(label, effect));
    const readings = [a, b].some((value) => value.spread !== undefined) ? [["sd", "± read as SD"], ["se", "± read as SE"]] : [["sd", ""]];
    return readings.flatMap(([reading, note]) => meanEffects(a, b, reading, note)).map((effect) => finish(label, effect));
  }).filter((effect) => Number.isFinite(effect.yi) && Number.isFinite(effect.low) && Number.isFinite(effect.high));
}

/** A row of a forest plot: interval, estimate, line of no effect, and the ends of the axis. */
function forestRow(effect, words) {
  const width = 320, height = 46, margin = 26, numbers = [effect.low, effect.high, 0];
  const low = Math.min(...numbers), high = Math.max(...numbers), room = (high - low || 1) * 0.12;
  const x = (value) => margin + ((value - low + room) / (high - low + 2 * room)) * (width - 2 * margin);
  const show = (value) => short(effect.log ? Math.exp(value) : value, 3);
  const tick = (value, className) => [svg("line", { x1: x(value), x2: x(value), y1: value === 0 ? 3 : 25, y2: 29, class: className }), svg("text", { x: x(value), y: 42, "text-anchor": "middle", class: "tick" }, show(value))];
  const ends = [effect.low, effect.high].filter((value) => Math.abs(x(value) - x(0)) > 34);
  const near = ends.length === 2 && Math.abs(x(ends[0]) - x(ends[1])) < 40 ? ends.slice(0, 1) : ends;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words, class: "forest-row" },
    svg("line", { x1: margin, x2: width - margin, y1: 29, y2: 29, class: "axis" }), ...tick(0, "null"), ...near.flatMap((value) => tick(value, "axis")),
    svg("line", { x1: x(effect.low), x2: x(effect.high), y1: 14, y2: 14, class: "whisker" }),
    svg("rect", { x: x(effect.yi) - 5, y: 9, width: 10, height: 10, class: "estimate" }));
}

function effectWords(effect, unit) {
  const show = (value) => short(effect.log ? Math.exp(value) : value, 3);
  return `${effect.measure} ${show(effect.yi)} (95 % CI ${show(effect.low)} to ${show(effect.high)})${effect.measure === "MD" && (effect.unit ?? unit) ? ` ${effect.unit ?? unit}` : ""}`;
}
