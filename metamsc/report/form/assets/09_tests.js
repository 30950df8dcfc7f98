// Rules of `metamsc check`: printed tests beside the values of groups, and contrasts beside themselves. |z| is the
// scale on which P values are compared, as in metamsc/checks/printed_tests.py and contrasts.py.

const NAMED_ROOM = 0.15, UNNAMED_ROOM = 1, MOST_Z = 37, LEAST_P = 1e-300, MOST_DF = 1e4, MOST_FISHER = 20000;
const BOUNDS = [0.05, 0.01, 0.001, 0.0001], T_ROOM = 0.03, STATISTIC_ROOM = 0.05, Z_ROOM = 0.35, BEYOND_NULL = 0.05;
const OF_MEANS = ["t", "welch", "z", "f"], OF_COUNTS = ["chi2", "fisher", "z"], SQUARED = ["f", "chi2"];

const normalP = (z) => 2 * normalCdf(-Math.abs(z));
const tP = (t, df) => (df > 1e6 ? normalP(t) : 2 * tTail(t, df));
const quantileOf = (p) => (p < 1 ? -normalQuantile(Math.max(p / 2, LEAST_P)) : 0);
const zOf = (p) => (p <= normalP(MOST_Z) ? MOST_Z : quantileOf(Math.min(p, 1)));
const logChoose = (n, k) => -Math.log(n + 1) - logBeta(n - k + 1, k + 1);

function fP(f, between, within) {
  if (f <= 0) return 1;
  if (within > 1e6) return chi2Tail(f * between, between);
  const whole = within + between * f;
  return incompleteBeta(within / 2, between / 2, within / whole, (between * f) / whole);
}

/** Two-sided P of Fisher's exact test: all tables no likelier than the one found. */
function fisherP(a, n1, b, n2) {
  const events = a + b, weight = (x) => logChoose(n1, x) + logChoose(n2, events - x), whole = logChoose(n1 + n2, events), found = weight(a);
  let sum = 0;
  for (let x = Math.max(0, events - n2); x <= Math.min(events, n1); x += 1) if (weight(x) <= found + 1e-7) sum += Math.exp(weight(x) - whole);
  return Math.min(1, sum);
}

/** |z| that a printed two-sided P stands for. */
function claimedZ(p, operator = "=") {
  if (operator === "<") return [zOf(p), MOST_Z];
  if (operator === ">") return [0, zOf(p)];
  const [low, high] = unrounded(p);
  return [zOf(high), zOf(Math.max(low, 0))];
}

const said = ({ test = "not-reported", statistic, p, p_operator: operator = "=" }) => [statistic === undefined ? "" : `${test} = ${short(statistic)}`, p === undefined ? "" : `P ${operator} ${p}`].filter(Boolean).join(", ");
const spanOf = ([low, high]) => `${short(low, 3)} to ${short(high, 3)}`;
const pSpan = ([low, high]) => `P ${short(normalP(high), 2)} to ${short(normalP(low), 2)}`;

function* printedTests(view) {
  for (const row of view.rows) {
    const { between } = row.result, path = ["results", row.index, "between"];
    for (const [arm, value] of row.arms) if (value.change !== undefined && (value.p !== undefined || value.t !== undefined)) yield* changeAndTest(["results", row.index, "arms", arm], value);
    if (!isMapping(between)) continue;
    const tested = (between.arms ?? [...row.arms.keys()]).filter((arm) => row.arms.has(arm)).map((arm) => row.arms.get(arm));
    yield* testAgrees(path, between, tested);
    if (tested.length !== 2) continue;
    yield* meansAndTest(path, between, tested);
    yield* countsAndTest(path, between, tested);
  }
  yield* contrastsAgree(view);
}

/** P value of a statistic; null where the degrees of freedom are not known. */
function tailOf(test, statistic, df, groups) {
  if (test === "z") return normalP(statistic);
  if (test === "chi2") return (df ?? groups) > 0 && (df ?? groups) < MOST_DF ? chi2Tail(statistic, df ?? groups) : null;
  if (!(df > 0)) return null;
  return test === "f" ? (groups > 0 ? fP(statistic, groups, df) : null) : tP(statistic, df);
}

/** Statistic, degrees of freedom and P of one test. */
function* testAgrees(path, between, tested) {
  const { test, statistic, p } = between;
  if (statistic === undefined || ![...OF_MEANS, "chi2"].includes(test)) return;
  const n = tested.every((value) => value.n) ? total(tested.map((value) => value.n)) : null;
  let { df } = between;
  if (test === "t" && n !== null) {
    if (df !== undefined && df !== n - tested.length) yield ["A616", [...path, "df"], `${df} degrees of freedom; n of the groups gives ${n - tested.length}`, "n of the row, or the test, is of another group"];
    df ??= n - tested.length;
  }
  if (p === undefined) return;
  const [low, high] = unrounded(Math.abs(statistic)), ps = [tailOf(test, Math.max(low, 0), df, tested.length - 1), tailOf(test, high, df, tested.length - 1)];
  if (ps.includes(null) || meets(claimedZ(p, between.p_operator), widened(ps.map(zOf), 1e-6))) return;
  yield ["A616", [...path, "p"], `${said(between)}; the statistic gives P ${short(tailOf(test, Math.abs(statistic), df, tested.length - 1), 2)}`, "check statistic, df and P against the paper; is P two-sided?"];
}

/** |t| and |z| of two groups over all that rounding allows; null where mean, SD or n is not given. */
function tOf(values) {
  const centres = values.map(levelOf), groups = values.map((value, i) => ({ mean: centres[i] === undefined ? null : unrounded(centres[i], ...centres), sd: sdRange(value), n: value.n }));
  if (groups.some(({ mean, sd, n }) => !mean || !sd || !(n >= 2))) return null;
  const [a, b] = groups, apart = Math.abs((a.mean[0] + a.mean[1] - b.mean[0] - b.mean[1]) / 2), room = (a.mean[1] - a.mean[0] + b.mean[1] - b.mean[0]) / 2, most = a.n + b.n - 2;
  const ses = [0, 1].map((end) => {
    const va = a.sd[end] ** 2, vb = b.sd[end] ** 2;
    return [Math.sqrt(va / a.n + vb / b.n), Math.sqrt((((a.n - 1) * va + (b.n - 1) * vb) / most) * (1 / a.n + 1 / b.n))];
  });
  const least = Math.min(...ses[0]), t = [Math.max(0, apart - room) / Math.max(...ses[1]), least > 0 ? (apart + room) / least : 1e6];
  const [wa, wb] = [a, b].map(({ sd, n }) => ((sd[0] + sd[1]) / 2) ** 2 / n), whole = wa ** 2 / (a.n - 1) + wb ** 2 / (b.n - 1), welch = whole > 0 ? (wa + wb) ** 2 / whole : most;
  const zs = t.flatMap((each) => [most, welch].map((df) => zOf(tP(each, df))));
  return { t, z: [Math.min(...zs), Math.max(...zs)] };
}

function* meansAndTest(path, between, tested) {
  const { test = "not-reported", statistic, p, p_operator: operator } = between, found = [...OF_MEANS, "not-reported"].includes(test) ? tOf(tested) : null;
  if (!found) return;
  let fits = p === undefined || meets(widened(claimedZ(p, operator), OF_MEANS.includes(test) ? NAMED_ROOM : UNNAMED_ROOM), found.z);
  if (statistic !== undefined && OF_MEANS.includes(test)) {
    const size = Math.abs(statistic), ends = unrounded(size);
    fits = meets(widened(test === "f" ? ends.map((end) => Math.sqrt(Math.max(end, 0))) : ends, 0.03 * size + NAMED_ROOM / 3), found.t);
  }
  if (!fits) yield ["A617", [...path, p === undefined ? "statistic" : "p"], `${said(between)}; means, SDs and n give |t| ${spanOf(found.t)} and ${pSpan(found.z)}`, "check means, spreads (SD or SE?), n and P against the paper"];
}

function* countsAndTest(path, between, [a, b]) {
  const { test = "not-reported", statistic, p, p_operator: operator } = between;
  if (![...OF_COUNTS, "not-reported"].includes(test) || a.events === undefined || b.events === undefined || !a.n || !b.n || a.events > a.n || b.events > b.n) return;
  const events = a.events + b.events, n = a.n + b.n, cross = Math.abs(a.events * (b.n - b.events) - b.events * (a.n - a.events)), below = a.n * b.n * events * (n - events);
  const statistics = events === 0 || events === n ? [0, 0] : [n * cross ** 2 / below, n * Math.max(0, cross - n / 2) ** 2 / below];
  const ps = [...statistics.map((x) => chi2Tail(x, 1)), ...(n <= MOST_FISHER ? [fisherP(a.events, a.n, b.events, b.n)] : [])], z = [zOf(Math.max(...ps)), zOf(Math.min(...ps))];
  let fits = p === undefined || meets(widened(claimedZ(p, operator), OF_COUNTS.includes(test) ? NAMED_ROOM : UNNAMED_ROOM), z);
  if (statistic !== undefined && test === "chi2") fits = fits && meets(widened([Math.min(...statistics), Math.max(...statistics)], halfUnit(statistic) + 0.05), [statistic, statistic]);
  if (!fits) yield ["A617", [...path, p === undefined ? "statistic" : "p"], `${said(between)}; ${a.events}/${a.n} and ${b.events}/${b.n} give ${pSpan(z)} (chi-square, corrected or not, or Fisher)`, "check the counts, n and P against the paper"];
}

/** The change of one group beside its own P and t. */
function* changeAndTest(path, value) {
  const { t, p, n, p_operator: operator, change } = value, df = n - 1;
  if (t !== undefined && p !== undefined && n >= 2) {
    const [low, high] = unrounded(Math.abs(t));
    if (!meets(widened(claimedZ(p, operator), 1e-6), [zOf(tP(Math.max(low, 0), df)), zOf(tP(high, df))])) yield ["A620", [...path, "p"], `${said({ p, p_operator: operator })}; t = ${short(t)} on ${df} df gives P ${short(tP(t, df), 2)}`, "check t, n and P against the paper; is P two-sided?"];
  }
  const spread = sdRange(value);
  if (!spread || !(n >= 2)) return;
  const apart = Math.abs(change), room = halfUnit(change), root = Math.sqrt(n), expected = [Math.max(0, apart - room) / (spread[1] / root), spread[0] > 0 ? (apart + room) / (spread[0] / root) : 1e6];
  const hint = "check change, n and the paper's word for the spread: SD or SE?";
  if (t !== undefined) {
    if (!meets(widened(unrounded(Math.abs(t)), T_ROOM * Math.abs(t)), expected)) yield ["A620", [...path, "t"], `t = ${short(t)}; change, spread and n give ${spanOf(expected)}`, hint];
    return;
  }
  const claimed = claimedZ(p, operator), most = BOUNDS.includes(p) && (operator ?? "=") === "=" ? MOST_Z : claimed[1], z = expected.map((end) => zOf(tP(end, df)));
  if (!meets(widened([claimed[0], most], UNNAMED_ROOM), z)) yield ["A620", [...path, "p"], `${said({ p, p_operator: operator })}; change, spread and n give ${pSpan(z)}`, hint];
}

const dfOf = ({ df, n_treatment: n1 = 0, n_control: n2 = 0 }, unknown) => df || (n1 + n2 > 3 ? n1 + n2 - 2 : unknown);

/** SE of a contrast on the analysis scale by each way in which it is printed: [[field, [low, high]]]. */
function contrastWidths(contrast) {
  const { se, ci, measure = "difference" } = contrast, found = se === undefined ? [] : [["se", unrounded(se)]];
  if (!ci) return found;
  let half = halfWidth(ci);
  if (measure !== "difference") {
    const [low, high] = ci;
    if (low <= 0 || high <= low) return found;
    const room = halfUnit(low, high) / low + halfUnit(high, low) / high, middle = Math.log(high / low) / 2;
    half = [Math.max(0, middle - room / 2), middle + room / 2];
  }
  return [...found, ["ci", [half[0] / tQuantile(0.975, dfOf(contrast, 5)) / ROOM, half[1] / Z95 * ROOM]]];
}

/** |z| that the P of a contrast stands for; a one-sided P is half of the two-sided one. */
function claimedByContrast({ p, p_operator: operator = "=", one_sided: oneSided }) {
  const sides = oneSided ? 2 : 1, at = (number) => quantileOf(Math.min(sides * number, 1)), [low, high] = unrounded(p);
  if (operator === "<") return [at(p), Infinity];
  if (operator === ">") return [0, at(p)];
  return [at(high), low > 0 ? quantileOf(sides * low) : Infinity];
}

function* contrastsAgree(view) {
  for (const [index, { contrast }] of view.results.entries()) {
    const ratio = (contrast?.measure ?? "difference") !== "difference", value = ratio ? contrast?.ratio : contrast?.difference;
    if (!isMapping(contrast) || value === undefined) continue;
    const path = ["results", index, "contrast"], widths = contrastWidths(contrast);
    if (widths.length === 2 && !meets(widths[0][1], widths[1][1])) yield ["A619", [...path, "se"], `SE ${short(contrast.se)}; the interval gives ${spanOf(widths[1][1])}`, "one of the two is of another estimate, or is an SD"];
    const beside = [contrast.se, ...(contrast.ci ?? [])], [size, room] = ratio ? [Math.abs(Math.log(value)), halfUnit(value, ...beside) / value] : [Math.abs(value), halfUnit(value, ...beside)];
    const over = widths.length ? [widths[0][1][1] > 0 ? Math.max(0, size - room) / widths[0][1][1] : 0, widths[0][1][0] > 0 ? (size + room) / widths[0][1][0] : Infinity] : null;
    yield* statisticOfContrast(path, contrast, over);
    const told = [...pOfStatistic(path, contrast)], other = told.length ? told : [...pOfContrast(path, contrast, over)];
    yield* other.length ? other : intervalAndP(path, contrast, ratio);
    yield* largeContrast(path, contrast, widths);
  }
}

function* statisticOfContrast(path, { statistic, test }, over) {
  if (!over || statistic === undefined || !OF_MEANS.concat("chi2").includes(test)) return;
  const ends = unrounded(Math.abs(statistic)), own = SQUARED.includes(test) ? ends.map((end) => Math.sqrt(Math.max(end, 0))) : ends;
  if (!meets(widened(own, STATISTIC_ROOM * own[1]), over)) yield ["A619", [...path, "statistic"], `${test} = ${short(statistic)}; estimate and width give ${spanOf(over)}`, "check estimate, width and statistic against the paper; is the SE an SD?"];
}

function* pOfStatistic(path, contrast) {
  const { p, statistic, test, df } = contrast;
  if (p === undefined || statistic === undefined) return;
  const known = ["z", "chi2"].includes(test) || (df !== undefined && ["f", "t", "welch"].includes(test)), tail = (x) => (test === "chi2" ? chi2Tail(x, 1) : tailOf(test, x, df, 1)), [low, high] = unrounded(Math.abs(statistic));
  if (!known || meets(claimedByContrast(contrast), widened([quantileOf(tail(Math.max(low, 0))), quantileOf(tail(high))], 1e-6))) return;
  yield ["A619", [...path, "p"], `${said(contrast)}; the statistic gives P ${short(tail(Math.abs(statistic)), 2)}`, "check statistic, df and P; a one-sided P says so"];
}

function* pOfContrast(path, contrast, over) {
  if (contrast.p === undefined || contrast.p >= 1 || !over) return;
  const byT = over.map((end) => zOf(tP(end, dfOf(contrast, 20))));
  if (!meets(claimedByContrast(contrast), widened([byT[0], Math.max(byT[1], over[1])], Z_ROOM))) yield ["A619", [...path, "p"], `${said({ p: contrast.p, p_operator: contrast.p_operator })}; estimate and width give about ${short(tP(over[0], dfOf(contrast, 20)), 2)}`, "check sign, interval and P against the paper"];
}

/** An interval that holds the null beside P < 0.05, or the other way round. */
function* intervalAndP(path, { p, ci, one_sided: oneSided, p_operator: operator = "=" }, ratio) {
  if (p === undefined || !ci || oneSided || (ratio && ci[0] <= 0)) return;
  const [low, high] = ratio ? ci.map(Math.log) : ci, margin = BEYOND_NULL * (high - low) / 2 + (ratio ? 0 : halfUnit(ci[0]) + halfUnit(ci[1]));
  const holds = low < -margin && high > margin, excludes = low > margin || high < -margin, [least, most] = unrounded(p);
  const below = operator !== ">" && (most < 0.05 || (operator === "<" && p <= 0.05)), above = operator !== "<" && (least > 0.05 || (operator === ">" && p >= 0.05));
  if ((holds && below) || (excludes && above)) yield ["A619", [...path, "ci"], `P ${operator} ${p}, and the 95 % interval ${holds ? "holds" : "excludes"} no difference`, "a limit or P is misread, or the interval is not the 95 % one"];
}

function* largeContrast(path, { difference, n_treatment: n1, n_control: n2 }, widths) {
  if (difference === undefined || !n1 || !n2 || !widths.length) return;
  const sd = widths[0][1][1] / Math.sqrt(1 / n1 + 1 / n2);
  if (sd > 0 && Math.abs(difference) > 4 * sd) yield ["P705", [...path, "difference"], `the difference ${short(difference)} is ${short(Math.abs(difference) / sd, 2)} SDs; its width and n give an SD of ${short(sd, 3)}`, "check difference, unit, SE and decimal points against the paper"];
}
