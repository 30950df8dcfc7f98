// Rules of `metamsc check`: arithmetic of one row, intervals beside spreads, means and SDs of whole numbers.

const ROOM = 1.1, MOST_SUMS = 1000, LARGEST_SCORE = 1e6;

const outside = (code, path, number, pair, name) => (number < pair[0] || number > pair[1] ? [[code, path, `the ${name} ${short(number)} lies outside ${short(pair[0])} to ${short(pair[1])}`, "look for a lost minus sign or an exchanged number"]] : []);

function* arithmetic(view) {
  yield* eventCounts(view);
  yield* groupSizes(view);
  for (const [path, value] of summaries(view)) {
    const centre = centreName(value);
    if (value.ci && centre !== undefined) yield* outside("A605", [...path, "ci"], value[centre], value.ci, centre);
    if (value.iq_range && value.median !== undefined) yield* outside("A606", [...path, "iq_range"], value.median, value.iq_range, "median");
    const middle = value.median ?? value.mean;
    if (value.range && middle !== undefined) yield* outside("A606", [...path, "range"], middle, value.range, value.median === undefined ? "mean" : "median");
    if (value.range && value.iq_range) for (const quartile of value.iq_range) yield* outside("A606", [...path, "range"], quartile, value.range, "quartile");
    for (const name of ["sd", "se"]) if (value[name] === 0) yield ["A607", [...path, name], `the ${name.toUpperCase()} is 0`, "leave it out, and say in the note what is printed"];
    if (value.spread?.value === 0) yield ["A607", [...path, "spread"], "the ± is 0", "leave it out, and say in the note what is printed"];
    if (value.ci && [...LEVELS, "geometric_mean"].includes(centre)) yield* asymmetric([...path, "ci"], value[centre], value.ci, centre === "geometric_mean");
    yield* intervalFits(path, value);
    yield* geometricInterval(path, value);
    yield* spreadFits(view, path, value);
  }
  for (const [index, { contrast }] of view.results.entries()) {
    if (!contrast?.ci) continue;
    const path = ["results", index, "contrast", "ci"], name = contrast.difference !== undefined ? "difference" : "ratio", number = contrast[name];
    if (number === undefined) continue;
    yield* outside("A605", path, number, contrast.ci, name);
    yield* asymmetric(path, number, contrast.ci, contrast.ratio !== undefined);
  }
  yield* wholeNumbers(view);
}

/** Events, percentages and n. */
function* eventCounts(view) {
  const randomised = new Map(view.arms.map((arm) => [arm.id, arm.n_randomised]));
  for (const [path, arm, { n, events, percent }, { result }] of values(view)) {
    const most = randomised.get(arm);
    if (events !== undefined && n !== undefined && events > n) yield ["A601", [...path, "events"], `${events} events in ${n} participants`, "are events and n exchanged?"];
    if (percent !== undefined && n && events === undefined) {
      const count = roundEven(percent * n / 100);
      if (Math.abs(100 * count / n - percent) > halfUnit(percent) + SLACK) yield ["A602", [...path, "percent"], `${percent} % of ${n} is no whole number; ${count} would be ${short(100 * count / n)} %`, "the percentage may be of another n"];
    }
    if (percent !== undefined && n && events !== undefined && Math.abs(100 * events / n - percent) > halfUnit(percent) + SLACK) yield ["A603", [...path, "percent"], `${events} of ${n} is ${short(100 * events / n)} %; the percentage given is ${percent}`, "one of the three numbers is of another group"];
    if ((result.unit_of_analysis ?? "participants") === "participants" && most !== undefined && n !== undefined && n > most) yield ["A604", [...path, "n"], `${n} analysed; the group has ${most} randomised`, "no more can be analysed than were randomised; limbs, wounds or eyes are said in “What n counts”"];
  }
}

/** Groups beside the whole. */
function* groupSizes(view) {
  const whole = view.record.study?.n_randomised, sizes = view.arms.map((arm) => arm.n_randomised), sum = total(sizes.filter((size) => size !== undefined));
  if (whole !== undefined && sum > whole) yield ["A608", ["study", "n_randomised"], `the groups add up to ${sum}; ${whole} were randomised`, "count each participant once"];
  for (const [index, { n_female: women, n_randomised: size }] of view.arms.entries()) if (women !== undefined && size !== undefined && women > size) yield ["A608", ["arms", index, "n_female"], `${women} women among ${size} participants`, "give a count, not a percentage"];
  if (whole === undefined || ["rct-crossover", "rct-within-person"].includes(view.design) || !sizes.includes(undefined)) return;
  for (const row of view.rows) {
    const analysed = total([...row.arms.values()].map((value) => value.n ?? 0));
    if ((row.result.unit_of_analysis ?? "participants") === "participants" && analysed > whole) yield ["A604", ["results", row.index, "arms"], `${analysed} analysed in all groups; ${whole} were randomised`, "no more can be analysed than were randomised"];
  }
}

/** Whether the estimate is in the middle of its interval: of ratios on the log scale. */
function* asymmetric(path, value, [low, high], ratio) {
  if (value < low || value > high) return;
  if (ratio && !(low > 0 && value > 0)) { yield ["A610", path, `an interval on the log scale with the limit ${short(low)}`, "limits of a ratio are above 0"]; return; }
  const room = ratio ? halfUnit(value) / value + (halfUnit(low, high) / low + halfUnit(high, low) / high) / 2 : halfUnit(value) + (halfUnit(low, high) + halfUnit(high, low)) / 2;
  const [v, a, b] = ratio ? [value, low, high].map(Math.log) : [value, low, high];
  const half = (b - a) / 2, off = half > 0 ? Math.max(0, Math.abs(v - (a + b) / 2) - room * 1.000001) / half : 0;
  if (off > 0.1) yield ["A610", path, `${short(value)} is not in the middle of ${short(low)} to ${short(high)}${ratio ? " on the log scale" : ""}`, "look for an exchanged digit or a lost minus sign"];
}

/** Half-width of an interval, with its rounding. */
function halfWidth([one, other]) {
  const low = unrounded(one, other), high = unrounded(other, one);
  return [Math.max(0, (high[0] - low[1]) / 2), (high[1] - low[0]) / 2];
}

/** The interval of a mean beside its SD or SE and n. */
function* intervalFits(path, value) {
  const { ci, sd, se, n } = value;
  if (!ci || levelOf(value) === undefined || !(sd || se) || (se === undefined && !(n >= 2))) return;
  const root = sd ? Math.sqrt(n || 1) : 1, [low, high] = unrounded(sd || se, levelOf(value)), own = [Math.max(low, 0) / root, high / root];
  const expected = ([least, most]) => [Z95 * least / ROOM, (n >= 2 ? tQuantile(0.975, n - 1) : 2 * Z95) * most * ROOM], printed = halfWidth(ci);
  if (meets(printed, expected(own))) return;
  const factor = sd ? Math.sqrt(n) : 1 / Math.sqrt(n), fits = n >= 2 && meets(printed, expected(own.map((end) => end * factor)));
  yield ["A609", [...path, "ci"], `the interval is ± ${short((printed[0] + printed[1]) / 2, 3)}; ${sd ? "SD" : "SE"} ${short(sd || se)}${n === undefined ? "" : ` and n ${n}`} give ± ${short(expected(own)[0], 3)} to ${short(expected(own)[1], 3)}`, fits ? `it fits when ${short(sd || se)} is ${sd ? "a standard error" : "an SD"}` : "check interval, spread and n against the paper"];
}

function* geometricInterval(path, { ci, n, geometric_sd: spread }) {
  if (spread === undefined || !ci || !(ci[0] > 0) || !(n >= 2)) return;
  const [low, high] = ci, room = (halfUnit(low, high) / low + halfUnit(high, low) / high) / 2, middle = Math.log(high / low) / 2;
  const ends = unrounded(spread).map((end) => Math.log(Math.max(end, 1)) / Math.sqrt(n)), expected = [Z95 * ends[0] / ROOM, tQuantile(0.975, n - 1) * ends[1] * ROOM];
  if (!meets([Math.max(0, middle - room), middle + room], expected)) yield ["A609", [...path, "ci"], `the interval is a factor of ${short(Math.sqrt(high / low), 3)} each way; geometric SD ${short(spread)} and n ${n} give ${short(Math.exp(expected[0]), 3)} to ${short(Math.exp(expected[1]), 3)}`, "check interval, geometric SD and n against the paper"];
}

/** GRIM and GRIMMER: means and SDs that whole numbers can have. */
function* wholeNumbers(view) {
  for (const [path, , value, { result, outcome }] of values(view)) {
    const name = centreName(value), { n } = value;
    if (!(result.integer ?? outcome?.integer ?? false) || !["mean", "change"].includes(name) || !n || Math.abs(value[name]) >= LARGEST_SCORE) continue;
    const mean = value[name], [low, high] = unrounded(mean), first = Math.ceil(low * n - SLACK), last = Math.floor(high * n + SLACK), sums = last - first + 1;
    if (sums < 1) { yield ["A613", [...path, name], `${short(mean)} is no mean of ${n} whole numbers; ${roundEven(mean * n)}/${n} is ${short(roundEven(mean * n) / n, 5)}`, "the mean may be of another n, or a digit is wrong"]; continue; }
    const spread = sdRange(value), label = value.sd ? "sd" : "se";
    if (!spread || n < 2 || sums > MOST_SUMS || Number.isInteger(value.sd || value.se || 0)) continue;
    if (!Array.from({ length: sums }, (_, i) => first + i).some((sum) => squaresFit(sum, n, spread))) yield ["A614", [...path, label], `no ${n} whole numbers with the ${name} ${short(mean)} have the ${label.toUpperCase()} ${short(value[label])}`, "check mean, spread and n; is it an SD or an SE?"];
  }
}

function squaresFit(sum, n, [low, high]) {
  const base = sum * sum / n, room = SLACK * Math.max(1, base), least = Math.ceil((n - 1) * low ** 2 + base - room), most = Math.floor((n - 1) * high ** 2 + base + room);
  return least < most || (least === most && (least - sum) % 2 === 0);
}

/** An SD beside lowest and highest value, or the ends of the scale of a score. */
function* spreadFits(view, path, value) {
  const spread = sdRange(value), { n, mean } = value, label = value.sd ? "sd" : "se", said = `${label.toUpperCase()} ${short(value[label] ?? 0)}`;
  if (!(n >= 3) || !spread) return;
  if (value.range) {
    const limits = sdLimits(value);
    if (!meets(spread, limits)) yield ["A615", [...path, label], `${said}; ${n} values from ${short(value.range[0])} to ${short(value.range[1])} have an SD of ${short(limits[0], 3)} to ${short(limits[1], 3)}`, "check spread, range and n against the paper"];
    return;
  }
  const scale = path[0] === "results" ? view.outcomes.get(view.results[path[1]].outcome)?.scale : null;
  if (!scale || mean === undefined || mean < scale[0] || mean > scale[1]) return;
  const [low, high] = scale, [least, most] = unrounded(mean), middle = Math.min(Math.max((high + low) / 2, least), most), widest = Math.sqrt(Math.max(0, (high - middle) * (middle - low)) * n / (n - 1));
  if (spread[0] > widest) yield ["A615", [...path, label], `${said}; ${n} values between ${low} and ${high} with the mean ${short(mean)} have an SD of at most ${short(widest, 3)}`, "is it a sum of another scale, or the mean of another group?"];
}

/** Smallest and largest SD of n values with this range and mean: Bhatia & Davis 2000, as metamsc/checks/granularity.py. */
function sdLimits({ n, mean, range }) {
  const [low, high] = range.map((end) => unrounded(end, ...range)), widest = high[1] - low[0], narrowest = Math.max(0, high[0] - low[1]);
  let most = widest ** 2 / 4 * n / (n - 1), least = narrowest ** 2 / 2 / (n - 1);
  if (mean !== undefined) {
    const [from, to] = unrounded(mean, ...range), middle = Math.min(Math.max((high[1] + low[0]) / 2, from), to);
    const above = Math.max(0, high[0] - to), below = Math.max(0, from - low[1]), rest = Math.max(0, Math.abs(above - below) - 2 * (to - from)) ** 2 / (n - 2);
    most = Math.min(most, Math.max(0, (high[1] - middle) * (middle - low[0])) * n / (n - 1));
    least = Math.max(least, (above ** 2 + below ** 2 + rest) / (n - 1));
  }
  return [Math.sqrt(least), Math.sqrt(most)];
}
