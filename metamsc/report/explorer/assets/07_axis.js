// Limits and ticks of an effect axis on the analysis scale: the rules of metamsc.plots.ticks.

const REACH = 2.5; // an interval is cut where it reaches this many typical half-widths past all estimates
const RATIO_LADDERS = [
  [0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2],
  [0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4],
  [0.125, 0.25, 0.5, 1, 2, 4, 8],
  ...[[1, 2, 5], [1, 3], [1]].map((steps) => {
    const found = [];
    for (let decade = -12; decade <= 12; decade += 1) for (const step of steps) found.push(step * 10 ** decade);
    return found;
  }),
];

function median(values) {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
}

/** Ends of the axis: every estimate and the null are on it, most intervals whole. */
function effectLimits(estimates, intervals, wide, nullValue) {
  const smallest = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const largest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const coreLow = smallest([nullValue, ...estimates]), coreHigh = largest([nullValue, ...estimates]);
  const reach = intervals.length ? REACH * median(intervals.map(([a, b]) => (b - a) / 2)) : Infinity;
  const all = [...intervals, ...wide];
  const low = Math.max(smallest([coreLow, ...all.map((pair) => pair[0])]), coreLow - reach);
  const high = Math.min(largest([coreHigh, ...all.map((pair) => pair[1])]), coreHigh + reach);
  let span = high - low;
  if (!(span >= 1e-9)) span = Math.max(Math.abs(high), 1);
  return [low - 0.04 * span, high + 0.04 * span];
}

function linearTicks([low, high], most) {
  const span = high - low, tens = 10 ** Math.floor(Math.log10(span / most));
  const [factor, extra] = [[1, 0], [2, 0], [2.5, 1], [5, 0], [10, -1], [20, -1]].find(([f]) => span / (f * tens) <= most);
  const step = factor * tens, decimals = Math.max(extra - Math.round(Math.log10(tens)), 0), ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i += 1) {
    ticks.push([i * step, formatNumber(i * step, Math.min(decimals, 20))]);
  }
  return ticks;
}

function ratioTicks([low, high], most) {
  for (const ladder of RATIO_LADDERS) {
    const inside = ladder.filter((ratio) => low <= Math.log(ratio) && Math.log(ratio) <= high);
    const reaches = low >= 1.3 * Math.log(ladder[0]) && high <= 1.3 * Math.log(ladder.at(-1));
    if (inside.length >= 2 && inside.length <= most && reaches) {
      return inside.map((ratio) => [Math.log(ratio), String(Number(ratio.toPrecision(3)))]);
    }
  }
  return [0.1, 0.5, 0.9].map((share) => low + (high - low) * share).map((x) => [x, Number(Math.exp(x)).toPrecision(2)]);
}

function effectTicks(limits, ratio, most) {
  return ratio ? ratioTicks(limits, most) : linearTicks(limits, most);
}
