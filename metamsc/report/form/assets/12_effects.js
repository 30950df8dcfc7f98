// Effect sizes of what was entered: the numbers of metamsc.compute_effects with its defaults.

const Z95 = 1.959963984540054;

/** Exact small-sample correction J of Hedges (1981, J Educ Stat 6:107, eq. 6e), on df degrees of freedom. */
function hedgesCorrection(df) {
  return df > 1 ? Math.exp(0.5 * Math.log(Math.PI) - logBeta(df / 2 - 0.5, 0.5) - 0.5 * Math.log(df / 2)) : NaN;
}

/** Both ends of an interval are there, the lower one first. */
const isWhole = (pair) => Array.isArray(pair) && pair.every(Number.isFinite) && pair[0] < pair[1];

/** Centre and standard error of an arm, and its SD; null where the entry does not give them. */
function armMoments(value) {
  const { n, sd, se, ci } = value, centre = ["mean", "change"].find((name) => value[name] !== undefined);
  if (centre === undefined || !(n >= 1)) return null;
  const own = { name: centre, centre: value[centre], n };
  if (sd > 0) return { ...own, sd, se: sd / Math.sqrt(n) };
  if (se > 0) return { ...own, sd: se * Math.sqrt(n), se };
  if (!isWhole(ci) || n < 2) return null;
  const width = (ci[1] - ci[0]) / (2 * tQuantile(0.975, n - 1)); // Cochrane Handbook 6.5.2.2
  return { ...own, sd: width * Math.sqrt(n), se: width };
}

function meanDifference(a, b) {
  return { measure: "MD", yi: a.centre - b.centre, vi: a.se ** 2 + b.se ** 2 };
}

function standardisedDifference(a, b) {
  const df = a.n + b.n - 2, pooled = ((a.n - 1) * a.sd ** 2 + (b.n - 1) * b.sd ** 2) / df;
  const yi = (hedgesCorrection(df) * (a.centre - b.centre)) / Math.sqrt(pooled);
  return { measure: "SMD", yi, vi: 1 / a.n + 1 / b.n + yi ** 2 / (2 * (a.n + b.n)) };
}

/** Log risk ratio and log odds ratio; half an event is added to each cell where one is empty. */
function countEffects([a, n1], [c, n2]) {
  const add = [a, n1 - a, c, n2 - c].includes(0) ? 0.5 : 0;
  const [e, f, g, h] = [a + add, n1 - a + add, c + add, n2 - c + add];
  return [
    { measure: "RR", log: true, yi: Math.log(e / (e + f)) - Math.log(g / (g + h)), vi: 1 / e - 1 / (e + f) + 1 / g - 1 / (g + h), note: add ? "½ added: an empty cell" : "" },
    { measure: "OR", log: true, yi: Math.log((e * h) / (f * g)), vi: 1 / e + 1 / f + 1 / g + 1 / h, note: add ? "½ added: an empty cell" : "" },
  ];
}

function counts({ n, events, percent }) {
  const count = events ?? (percent === undefined || !n ? undefined : roundEven(percent * n / 100));
  return count === undefined || !(n >= 1) || count > n ? null : [count, n];
}

/** A difference or ratio as printed, with its interval. */
function contrastEffect({ measure = "difference", difference, ratio, ci, se }) {
  const log = measure !== "difference", number = log ? Math.log(ratio) : difference, half = Z95 * se;
  if (!Number.isFinite(number) || (log && ci && !(ci[0] > 0))) return null;
  if (ci !== undefined && !isWhole(ci)) return null;
  const interval = ci ? (log ? ci.map(Math.log) : ci) : se > 0 ? [number - half, number + half] : null;
  return interval && { measure: log ? measure : "MD", log, yi: number, interval, note: "as printed" };
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
    const a = row.arms.get(treated), b = row.arms.get(control), label = `${treated} against ${control}`;
    const first = armMoments(a), second = armMoments(b);
    if (first && second && first.name === second.name) {
      const found = [meanDifference(first, second)];
      if (first.name === "mean" && first.n > 1 && second.n > 1) found.push(standardisedDifference(first, second));
      return found.map((effect) => finish(label, effect));
    }
    const one = counts(a), other = counts(b);
    return one && other ? countEffects(one, other).map((effect) => finish(label, effect)) : [];
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
  return `${effect.measure} ${show(effect.yi)} (95 % CI ${show(effect.low)} to ${show(effect.high)})${effect.measure === "MD" && unit ? ` ${unit}` : ""}`;
}
