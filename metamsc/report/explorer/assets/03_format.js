// Numbers as a reader sees them: true minus signs, decimals by precision, the rules of metamsc.plots.numbers.

const MINUS = "\u2212";
const LARGE = 1e5;
const SAME = 1e-9; // closer to a threshold than this, relative to its size, a number is that threshold
const FINEST = 12; // decimals that tell every number from a threshold that it is not
const ALPHA = 0.05;

/** Decimals that show the median standard error to two significant digits; 1 to 4. */
function decimalsFor(spreads) {
  const sizes = spreads.filter((s) => s > 0 && Number.isFinite(s)).sort((a, b) => a - b);
  if (!sizes.length) return 2;
  const middle = sizes.length >> 1;
  const median = sizes.length % 2 ? sizes[middle] : 0.5 * (sizes[middle - 1] + sizes[middle]);
  return Math.max(Math.min(Math.max(1 - Math.floor(Math.log10(median)), 0), 4), 1);
}

function formatNumber(value, decimals) {
  if (Math.abs(value) >= LARGE) return value.toExponential(1).replace("e+", "e").replaceAll("-", MINUS);
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** -1, 0 or 1: below, at or above a threshold. */
function sideOf(value, threshold) {
  if (Math.abs(value - threshold) <= SAME * Math.max(1, Math.abs(threshold))) return 0;
  return value > threshold ? 1 : -1;
}

/** The text, or more decimals where it would read as a threshold (no difference, 0.05) that the value is not on. */
function faithful(value, text, decimals, threshold) {
  const wanted = sideOf(value, threshold);
  while (decimals < FINEST) {
    const read = Number(text.replace(MINUS, "-"));
    if (Number.isNaN(read) || sideOf(read, threshold) === wanted) return text;
    decimals += 1;
    text = formatNumber(value, decimals);
  }
  return text;
}

function formatRatio(value) {
  if (value < 0.001) return "<0.001";
  if (value < 0.01) return value.toFixed(3);
  if (value < 100) return value.toFixed(2);
  return value < 10000 ? value.toFixed(0) : ">10000";
}

/** A number of the analysis scale as it is shown: ratios back-transformed. */
function formatEffect(value, axis, decimals) {
  if (!axis.ratio) return faithful(value, formatNumber(value, decimals), decimals, 0);
  const shown = value < 700 ? Math.exp(value) : Infinity, text = formatRatio(shown);
  return shown >= 0.01 && shown < 100 ? faithful(shown, text, 2, 1) : text;
}

function formatInterval([low, high], axis, decimals) {
  return `${formatEffect(low, axis, decimals)} to ${formatEffect(high, axis, decimals)}`;
}

function formatP(p) {
  if (p === null) return "p not computable";
  if (p < 0.001) return "p < 0.001";
  const decimals = p < 0.1 ? 3 : 2;
  return `p = ${faithful(p, p.toFixed(decimals), decimals, ALPHA)}`;
}

function formatSignificant(value, digits = 2) {
  if (value === 0) return "0";
  if (Math.abs(value) < 1e-4 || Math.abs(value) >= LARGE) {
    return value.toExponential(digits - 1).replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`).replaceAll("-", MINUS);
  }
  const decimals = Math.max(digits - 1 - Math.floor(Math.log10(Math.abs(value))), 0);
  return value.toFixed(decimals).replace("-", MINUS);
}

function formatPercent(value) {
  return value > 0 && value < 0.05 ? "<0.1" : value.toFixed(1);
}

function formatCount(value) {
  if (value === null) return "\u2013";
  return Math.abs(value - Math.round(value)) < 1e-9 ? value.toFixed(0) : value.toFixed(1);
}

/** A number of a record, as written there: no digit added, none lost. */
function formatExact(value) {
  return String(Number(value.toPrecision(12))).replace("-", MINUS);
}

function percent(level) {
  return `${Number((level * 100).toPrecision(6))}%`;
}

function plural(count, noun, many = `${noun}s`) {
  return `${count} ${count === 1 ? noun : many}`;
}

function lowerFirst(text) {
  const first = text.split(" ", 1)[0];
  return /^[A-Z][a-z]+$/.test(first) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
