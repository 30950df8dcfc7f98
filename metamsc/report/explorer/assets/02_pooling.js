// Pooling: arrays in, plain numbers out. The same model, defaults, bounds and searches as
// metamsc.models (pool, tau2, search): tests hold the two to 1e-8 of each other.

const TAU2_METHODS = ["REML", "PM", "DL"];
const CI_METHODS = ["hksj-adhoc", "hksj", "wald", "t"];
const PI_METHODS = ["t", "riley", "normal", "simple"];
const FIRST_INTERVALS = 8; // first look at the likelihood, equal in log(tau2 + smallest variance)
const HALVINGS = 50;
const ITERATIONS = 120;
const LAST_STEP = 1e-9; // a Newton step this small leaves an error of its square
const NARROW = 4 * EPSILON;

/** Scale by a power of two (exact) and take out the mean, so that no offset and no unit costs digits. */
function prepare(yi, vi) {
  const k = yi.length;
  let sum = 0;
  for (let i = 0; i < k; i += 1) sum += vi[i];
  const scale = 2 ** roundHalfEven(0.5 * Math.log2(sum / k));
  const y = new Float64Array(k), v = new Float64Array(k);
  let mean = 0, smallest = Infinity, largest = 0;
  for (let i = 0; i < k; i += 1) {
    y[i] = (yi[i] - yi[0]) / scale; // exactly 0 for identical effects
    v[i] = vi[i] / (scale * scale);
    mean += y[i];
    smallest = Math.min(smallest, v[i]);
    largest = Math.max(largest, v[i]);
  }
  mean /= k;
  let rss = 0;
  for (let i = 0; i < k; i += 1) { y[i] -= mean; rss += y[i] * y[i]; }
  return { k, df: k - 1, y, v, scale, shift: yi[0] / scale + mean, smallest, largest, rss };
}

function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Sums at one tau2: Q = y'Py, A = y'PPy, C = y'PPPy, tr P, tr PP, the mean and the sum of weights. */
function moments(data, tau2) {
  const { k, y, v } = data;
  let S1 = 0, S2 = 0, S3 = 0, wy = 0;
  for (let i = 0; i < k; i += 1) {
    const w = 1 / (v[i] + tau2), ww = w * w;
    S1 += w;
    S2 += ww;
    S3 += ww * w;
    wy += w * y[i];
  }
  const mu = wy / S1;
  let Q = 0, A = 0, U = 0, uw = 0;
  for (let i = 0; i < k; i += 1) {
    const w = 1 / (v[i] + tau2), r = y[i] - mu, u = w * r;
    Q += u * r;
    A += u * u;
    U += u * u * w;
    uw += u * w;
  }
  const ratio = S2 / S1;
  return { t: tau2, S1, mu, Q, A, C: U - (uw * uw) / S1, trP: S1 - ratio, trPP: S2 - (2 * S3) / S1 + ratio * ratio };
}

/** Next point of a bracketed search: Newton's where it stays inside, else the geometric middle. */
function nextPoint(x, proposal, low, high, smallest) {
  const narrow = high - low <= NARROW * (high + smallest);
  if (proposal >= low && proposal <= high) {
    return [proposal, narrow || Math.abs(proposal - x) <= LAST_STEP * (x + smallest)];
  }
  const middle = Math.sqrt((low + smallest) * (high + smallest)) - smallest;
  return [Math.min(Math.max(middle, low), high), narrow];
}

/** The tau2 at which Q equals `target`; 0 where Q is below it already at 0 (Paule-Mandel, Q-profile). */
function solveQ(data, target) {
  let high = Math.max((data.rss / target) * (1 + 1e-12) - data.smallest, 0);
  if (high <= 0) return 0;
  let low = 0, x = 0, done = false;
  for (let i = 0; i < ITERATIONS && !done; i += 1) {
    const at = moments(data, x);
    if (target >= at.Q) {
      if (x === 0) return 0;
      high = x;
    } else {
      low = x;
    }
    const proposal = at.A > 0 ? x + (at.Q * (at.Q - target)) / (target * at.A) : Infinity;
    [x, done] = nextPoint(x, proposal, low, high, data.smallest);
  }
  return x;
}

/** A tau2 beyond which the score is negative: (t + vmin)^2 / (t + vmax) > RSS / df. */
function upperBound(data) {
  const s2 = data.rss / data.df;
  const root = 0.5 * (s2 + Math.sqrt(s2 * s2 + 4 * s2 * (data.largest - data.smallest)));
  return Math.max(root * (1 + 1e-9) - data.smallest, 0);
}

const score = (at) => at.A - at.trP;

/** The global maximum of the restricted likelihood over tau2 >= 0: every interval whose score can vanish is
 * halved until it holds one maximum; of several maxima the most likely one is taken. */
function maximiseRestricted(data) {
  const bound = upperBound(data);
  if (!(bound > 0)) return 0;
  const nodes = [];
  for (let j = 0; j <= FIRST_INTERVALS; j += 1) {
    const t = data.smallest * ((bound / data.smallest + 1) ** (j / FIRST_INTERVALS) - 1);
    nodes.push(moments(data, j === 0 ? 0 : j === FIRST_INTERVALS ? bound : t));
  }
  const found = score(nodes[0]) <= 0 ? [0] : [];
  for (const [low, high] of brackets(data, nodes)) found.push(refine(data, low, high));
  if (found.length < 2) return found.length ? found[0] : 0;
  found.sort((a, b) => a - b);
  let best = found[0], top = restrictedLikelihood(data, best);
  for (const t of found.slice(1)) {
    const value = restrictedLikelihood(data, t);
    if (value > top) [best, top] = [t, value];
  }
  return best;
}

function brackets(data, nodes) {
  let intervals = nodes.slice(1).map((node, j) => [nodes[j], node]);
  const found = [];
  for (let i = 0; i < HALVINGS && intervals.length; i += 1) {
    const halved = [];
    for (const [low, high] of intervals) {
      const noRoot = low.A < high.trP || high.A > low.trP;
      const concave = 0.5 * low.trPP < high.C;
      if (noRoot || concave || high.t - low.t <= 1e-9 * (high.t + data.smallest)) {
        if (score(low) > 0 && score(high) <= 0) found.push([low, high]);
        continue;
      }
      const t = Math.sqrt((low.t + data.smallest) * (high.t + data.smallest)) - data.smallest;
      const middle = moments(data, Math.min(Math.max(t, low.t), high.t));
      halved.push([low, middle], [middle, high]);
    }
    intervals = halved;
  }
  return found;
}

function refine(data, left, right) {
  let low = left.t, high = right.t, done = false;
  let x = low + (score(left) / (score(left) - score(right))) * (high - low);
  for (let i = 0; i < ITERATIONS && !done; i += 1) {
    const at = moments(data, x);
    if (score(at) > 0) low = x; else high = x;
    const slope = at.trPP - 2 * at.C;
    [x, done] = nextPoint(x, slope ? x - score(at) / slope : Infinity, low, high, data.smallest);
  }
  return x;
}

/** Restricted log-likelihood up to a constant. */
function restrictedLikelihood(data, tau2) {
  const at = moments(data, tau2);
  let logs = 0;
  for (let i = 0; i < data.k; i += 1) logs += Math.log(data.v[i] + tau2);
  return -0.5 * (logs + at.Q + Math.log(at.S1));
}

function estimateTau2(data, method) {
  if (data.df < 1) return 0;
  if (method === "PM") return solveQ(data, data.df);
  if (method === "REML") return maximiseRestricted(data);
  const at = moments(data, 0);
  return Math.max((at.Q - data.df) / at.trP, 0);
}

/** Two-sided quantile; `df` null for the normal distribution. Few values are asked for, often. */
const quantiles = new Map();
function criticalValue(level, df) {
  const key = `${level} ${df}`;
  if (!quantiles.has(key)) {
    const upper = 0.5 + 0.5 * level;
    quantiles.set(key, df === null ? normalQuantile(upper) : tQuantile(upper, df));
  }
  return quantiles.get(key);
}

/** Pool effects `yi` with sampling variances `vi`. One study is not pooled: it is given back as it is,
 * with normal quantiles; there is no prediction interval below three studies. */
function pool(yi, vi, { tau2Method = "REML", ciMethod = "hksj-adhoc", piMethod = "t", level = 0.95 } = {}) {
  const data = prepare(yi, vi);
  const { k, df, scale } = data, unit = scale * scale;
  const ci = k === 1 ? "wald" : ciMethod;
  const working = estimateTau2(data, tau2Method);
  const at = moments(data, working), atZero = working > 0 ? moments(data, 0) : at;
  let factor = ci.startsWith("hksj") ? at.Q / df : 1;
  if (ci === "hksj-adhoc") factor = Math.max(factor, 1);
  const tau2 = working * unit, estimate = scale * (data.shift + at.mu);
  const se = Math.sqrt((factor * unit) / at.S1);
  const tDf = ci === "wald" ? null : df;
  const half = criticalValue(level, tDf) * se;
  const statistic = se > 0 ? estimate / se : null;
  let p = null;
  if (statistic !== null) p = 2 * (tDf === null ? normalCdf(-Math.abs(statistic)) : tTail(statistic, tDf));
  const typical = df > 0 ? (df / atZero.trP) * unit : 0;
  return {
    k, estimate, se, statistic, p, df: tDf, ciMethod: ci,
    ci: [estimate - half, estimate + half],
    pi: predictionInterval(k, estimate, se, tau2, piMethod, level),
    tau2,
    I2: df > 0 ? (100 * tau2) / (typical + tau2) : 0,
    H2: df > 0 ? tau2 / typical + 1 : 1,
    typical,
    Q: df > 0 ? atZero.Q : 0,
    QDf: df,
    QP: df > 0 ? chi2Tail(atZero.Q, df) : 1,
    weights: weightsOf(data, working, at.S1),
  };
}

/** None below three studies; quantiles of t on k - 1 ("t", the default) or k - 2 ("riley"), or normal. */
function predictionInterval(k, estimate, se, tau2, piMethod, level) {
  if (k < 3) return null;
  const df = { t: k - 1, riley: k - 2, normal: null, simple: null }[piMethod];
  const half = criticalValue(level, df) * Math.sqrt(piMethod === "simple" ? tau2 : se * se + tau2);
  return [estimate - half, estimate + half];
}

function weightsOf(data, tau2, total) {
  const weights = new Array(data.k);
  for (let i = 0; i < data.k; i += 1) weights[i] = 100 / (data.v[i] + tau2) / total;
  return weights;
}

/** Q-profile interval for tau2 (Viechtbauer 2007), with what it says about I2; null for one study. */
function tau2Interval(yi, vi, level = 0.95) {
  const data = prepare(yi, vi);
  if (data.df < 1) return null;
  const unit = data.scale * data.scale, tail = 0.5 * (1 - level);
  return [tail, 1 - tail].map((t) => unit * solveQ(data, chi2Quantile(t, data.df)));
}

/** The pooled result without each study in turn. */
function leaveOneOut(yi, vi, options) {
  return yi.map((_, i) => poolWithout(yi, vi, i, options));
}

function poolWithout(yi, vi, i, options) {
  return pool(yi.filter((_, j) => j !== i), vi.filter((_, j) => j !== i), options);
}
