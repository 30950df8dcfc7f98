// Distributions: normal, Student's t, chi-square. Relative accuracy about 1e-14 in both tails, held
// against scipy by the tests. Sources: NIST DLMF 7.6, 7.9, 8.9, 8.11, 8.17.22, 5.11; Lentz's algorithm.

const SQRT_PI = 1.7724538509055160273;
const HALF_LOG_2PI = 0.91893853320467274178;
const TINY = 1e-300;
const EPSILON = 2.220446049250313e-16;

/** exp(-x * x) without the rounding of x * x (its error would be multiplied by its size). */
function expMinusSquare(x) {
  const near = Math.trunc(x * 16) / 16;
  return Math.exp(-near * near) * Math.exp(-(x - near) * (x + near));
}

/** Complementary error function for x >= 0. */
function erfcPositive(x) {
  if (x < 1.5) {
    // DLMF 7.6.2: all terms positive, so nothing cancels but the final difference from 1
    let term = x, sum = x;
    for (let n = 1; term > EPSILON * 0.1 * sum; n += 1) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / SQRT_PI) * expMinusSquare(x) * sum;
  }
  if (x > 27.3) return 0;
  // continued fraction of erfc, evaluated from the back: DLMF 7.9.3
  const depth = Math.ceil(20 + 700 / (x * x));
  let tail = 0;
  for (let n = depth; n >= 1; n -= 1) tail = (0.5 * n) / (x + tail);
  return expMinusSquare(x) / (SQRT_PI * (x + tail));
}

/** P(Z <= z) of the standard normal distribution. */
function normalCdf(z) {
  const half = 0.5 * erfcPositive(Math.abs(z) / Math.SQRT2);
  return z <= 0 ? half : 1 - half;
}

/** The z with P(Z <= z) = p. */
function normalQuantile(p) {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p)); // start: Abramowitz & Stegun 26.2.23
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  let z = top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 3; i += 1) { // Halley on log P, good in the far tail as well
    const cdf = normalCdf(z);
    const density = Math.exp(-0.5 * z * z - HALF_LOG_2PI);
    const step = (Math.log(cdf / p) * cdf) / density;
    z -= step;
    if (Math.abs(step) <= 1e-16 * Math.abs(z)) break;
  }
  return z;
}

/** What Stirling's formula leaves of log gamma, z >= 10: DLMF 5.11.1. */
function stirlingRest(z) {
  const s = 1 / (z * z);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s / 156)))))) / z;
}

/** Logarithm of the beta function, a and b > 0. */
function logBeta(a, b) {
  let shift = 0; // B(a, b) = B(a + 1, b) (a + b) / a until Stirling's formula is exact enough
  while (a < 12) { shift += Math.log1p(b / a); a += 1; }
  while (b < 12) { shift += Math.log1p(a / b); b += 1; }
  const total = a + b;
  const powers = -(a - 0.5) * Math.log1p(b / a) - b * Math.log1p(a / b) - 0.5 * Math.log(b);
  return shift + powers + HALF_LOG_2PI + stirlingRest(a) + stirlingRest(b) - stirlingRest(total);
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's algorithm. */
function betaFraction(a, b, x) {
  let c = 1, d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let f = d;
  for (let m = 1; m < 20000; m += 1) {
    for (const e of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      d = 1 + e * d;
      c = 1 + e / c;
      d = 1 / (Math.abs(d) < TINY ? TINY : d);
      c = Math.abs(c) < TINY ? TINY : c;
      f *= c * d;
    }
    if (Math.abs(c * d - 1) < EPSILON) break;
  }
  return f;
}

/** Regularised incomplete beta function I_x(a, b); `y` = 1 - x where the caller knows it better. */
function incompleteBeta(a, b, x, y = 1 - x) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const logX = x < 0.5 ? Math.log(x) : Math.log1p(-y);
  const logY = y < 0.5 ? Math.log(y) : Math.log1p(-x);
  const front = Math.exp(a * logX + b * logY - logBeta(a, b));
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(a, b, x)) / a;
  return 1 - (front * betaFraction(b, a, y)) / b;
}

/** P(T <= -|t|): the smaller tail of Student's t. */
function tTail(t, df) {
  const square = t * t;
  if (square === Infinity) return 0;
  return 0.5 * incompleteBeta(0.5 * df, 0.5, df / (df + square), square / (df + square));
}

/** P(T <= t) of Student's t on `df` degrees of freedom. */
function tCdf(t, df) {
  return t <= 0 ? tTail(t, df) : 1 - tTail(t, df);
}

/** The t with P(T <= t) = p. */
function tQuantile(p, df) {
  if (!(p > 0 && p < 1 && df > 0)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -tQuantile(1 - p, df);
  if (df === 1) return -1 / Math.tan(Math.PI * p);
  if (df === 2) return (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
  let low = 0, high = Math.max(-normalQuantile(p), 1); // of -t: bracket, then Newton on log P
  while (tTail(high, df) > p) { low = high; high *= 2; }
  const logNorm = -0.5 * Math.log(df) - logBeta(0.5 * df, 0.5);
  let t = 0.5 * (low + high);
  for (let i = 0; i < 200; i += 1) {
    const tail = tTail(t, df);
    if (tail > p) low = t; else high = t;
    const density = Math.exp(logNorm - 0.5 * (df + 1) * Math.log1p((t * t) / df));
    const next = t + (Math.log(tail / p) * tail) / density;
    const inside = next > low && next < high;
    const moved = inside ? next : 0.5 * (low + high);
    if (Math.abs(moved - t) <= 2e-16 * Math.abs(t)) return -moved;
    t = moved;
  }
  return -t;
}

/** x^a e^-x / gamma(a + 1); for a large `a` in a form that costs no digits. */
function gammaFront(a, x) {
  if (a < 12) {
    if (x > 1500) return 0;
    let top = a, product = 1; // gamma(a + 1) from gamma(top + 1)
    while (top < 12) { top += 1; product *= top; }
    const log = (top + 0.5) * Math.log(top) - top + HALF_LOG_2PI + stirlingRest(top);
    return ((x ** a * Math.exp(-x)) / Math.exp(log)) * product;
  }
  const u = (x - a) / a;
  const exponent = a * (Math.abs(u) < 0.3 ? log1pMinus(u) : Math.log(x / a) - u);
  return Math.exp(exponent - 0.5 * Math.log(a) - HALF_LOG_2PI - stirlingRest(a));
}

/** log(1 + u) - u for small u, by its series in u / (2 + u). */
function log1pMinus(u) {
  const r = u / (2 + u), s = r * r;
  let term = 2 * r * s, sum = 0;
  for (let n = 3; Math.abs(term / n) > 1e-18 * (Math.abs(sum) + TINY); n += 2) {
    sum += term / n;
    term *= s;
  }
  return sum - r * u;
}

/** P(X > x) of chi-square on `df` degrees of freedom. */
function chi2Tail(x, df) {
  if (!(x > 0)) return 1;
  const a = 0.5 * df, h = 0.5 * x;
  if (h === Infinity) return 0;
  const front = gammaFront(a, h);
  if (h < a + 1) { // DLMF 8.11.4
    let term = 1, sum = 1;
    for (let n = 1; term > EPSILON * 0.1 * sum; n += 1) { term *= h / (a + n); sum += term; }
    return 1 - front * sum;
  }
  let b = h + 1 - a, c = 1 / TINY, d = 1 / b, f = d; // DLMF 8.9.2, Lentz
  for (let n = 1; n < 20000; n += 1) {
    const e = -n * (n - a);
    b += 2;
    d = 1 / (Math.abs(e * d + b) < TINY ? TINY : e * d + b);
    c = Math.abs(b + e / c) < TINY ? TINY : b + e / c;
    f *= c * d;
    if (Math.abs(c * d - 1) < EPSILON) break;
  }
  return front * a * f;
}

/** The x with P(X > x) = tail. */
function chi2Quantile(tail, df) {
  const z = normalQuantile(1 - tail), s = 2 / (9 * df);
  let low = 0, high = Math.max(df * (1 - s + z * Math.sqrt(s)) ** 3, df, 1); // Wilson-Hilferty
  while (chi2Tail(high, df) > tail) { low = high; high *= 2; }
  const logGamma2 = gammaFront(0.5 * df, 0.5 * df);
  let x = 0.5 * (low + high);
  for (let i = 0; i < 200; i += 1) {
    const miss = chi2Tail(x, df) - tail;
    if (miss > 0) low = x; else high = x;
    // density at x: its ratio to the front at df / 2, which is known exactly
    const log = 0.5 * df * Math.log(x / df) - 0.5 * (x - df);
    const density = (logGamma2 * Math.exp(log) * 0.5 * df) / x;
    const next = x + miss / density;
    const moved = next > low && next < high ? next : 0.5 * (low + high);
    if (Math.abs(moved - x) <= 2e-16 * x) return moved;
    x = moved;
  }
  return x;
}
