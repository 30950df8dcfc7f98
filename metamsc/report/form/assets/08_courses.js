// Rules of `metamsc check`: values before, after and the change between them; what is said in words.

const OTHER_PEOPLE = 0.25, CORRELATION_ROOM = 0.05;
const SIGNS = { fell: -1, rose: 1, lower: -1, higher: 1 };
const FALLING = pattern("\\b(fell|fall\\b|decreas|reduc|declin|drop|lower(ed)?\\b)"), RISING = pattern("\\b(rose|rise\\b|increas|gain|went up)");

/** Every group of every outcome with what it prints before, after and as the change. */
function coursesOf(view) {
  view.courses ??= view.series.flatMap((group) => {
    const start = group.filter((row) => row.days === 0);
    return group.filter((row) => row.days > 0).flatMap((after) => [...after.arms].map(([arm, value]) => {
      const before = start.map((row) => row.arms.get(arm)).find((each) => each?.mean !== undefined);
      const changeRow = group.find((row) => row.days === after.days && row.arms.get(arm)?.change !== undefined);
      return { arm, before, after, value, changeRow, changed: changeRow?.arms.get(arm) };
    }));
  });
  return view.courses;
}

const samePeople = (...group) => group.every((value) => value.n !== undefined && value.n === group[0].n);
const largestSd = (group, otherwise) => { const sds = group.map(sdOf).filter(Boolean); return sds.length ? Math.max(...sds) : otherwise; };

function* changes(view) {
  for (const { arm, before, value, changeRow, changed } of coursesOf(view)) {
    if (!before || value.mean === undefined || !changed) continue;
    const path = ["results", changeRow.index, "arms", arm], expected = value.mean - before.mean, printed = [value.mean, before.mean, changed.change], same = samePeople(before, value, changed);
    const room = total(printed.map((number) => halfUnit(number, ...printed))) + (same ? 0 : OTHER_PEOPLE * largestSd([before, value], Math.abs(expected) || 1));
    if (Math.abs(changed.change - expected) > room * 1.000001) yield ["A611", [...path, "change"], `change ${short(changed.change)}; final ${short(value.mean)} minus baseline ${short(before.mean)} is ${short(expected)}`, Math.abs(changed.change + expected) <= room * 1.000001 ? "the sign is exchanged: a change is final minus baseline" : "one of the three is of another group, time or unit"];
    const [first, last, between] = [before, value, changed].map(sdRange);
    if (!same || !first || !last || !between) continue;
    const apart = Math.max(first[0] - last[1], last[0] - first[1], 0);
    if (between[1] < apart || between[0] > first[1] + last[1]) yield ["A612", [...path, changed.sd ? "sd" : "se"], `SDs ${short(sdOf(before))} before, ${short(sdOf(value))} after and ${short(sdOf(changed))} of the change imply a correlation beyond 1`, "one of the three is a standard error, or of another group"];
  }
  yield* correlations(view);
  yield* differencesOfArms(view);
  yield* words(view);
}

function* correlations(view) {
  for (const { arm, before, after, value, changeRow, changed } of coursesOf(view)) {
    const own = value.correlation !== undefined, printed = own ? value.correlation : changed?.correlation;
    if (printed === undefined || !before || !changed || !samePeople(before, value, changed)) continue;
    const sds = [before, value, changed].map(sdRange);
    if (sds.includes(null)) continue;
    const implied = sds[0].flatMap((a) => sds[1].flatMap((b) => (a > 0 && b > 0 ? sds[2].map((c) => (a * a + b * b - c * c) / (2 * a * b)) : []))), room = CORRELATION_ROOM + halfUnit(printed);
    if (implied.length && (printed < Math.min(...implied) - room || printed > Math.max(...implied) + room)) yield ["A621", ["results", (own ? after : changeRow).index, "arms", arm, "correlation"], `correlation ${short(printed)}; the SDs imply ${short(Math.min(...implied), 2)} to ${short(Math.max(...implied), 2)}`, "one of the SDs is an SE, or the correlation is of another group"];
  }
}

/** Differences beside the values of the two groups. */
function* differencesOfArms(view) {
  const key = (index) => { const { outcome, definition, unit, at, subgroup } = view.record.results[index]; return JSON.stringify([outcome, definition, unit, at, subgroup]); };
  for (const [index, { contrast }] of view.results.entries()) {
    if (!contrast || contrast.difference === undefined || contrast.adjusted_for !== undefined) continue;
    for (const row of view.rows.filter((each) => key(each.index) === key(index))) {
      const name = contrast.value === "change" ? "change" : "mean", one = row.arms.get(contrast.treatment), other = row.arms.get(contrast.control), a = one?.[name], b = other?.[name];
      if (a === undefined || b === undefined) continue;
      const printed = [a, b, contrast.difference], room = total(printed.map((number) => halfUnit(number, ...printed))) + OTHER_PEOPLE * largestSd([one, other], Math.abs(a - b));
      if (Math.abs(contrast.difference - (a - b)) > room) yield ["A618", ["results", index, "contrast", "difference"], `difference ${short(contrast.difference)}; ${name} ${short(a)} minus ${short(b)} is ${short(a - b)}`, Math.abs(contrast.difference + (a - b)) <= room ? "the sign is exchanged: a difference is treated minus control" : "an adjusted difference says so in “Model and covariates”"];
    }
  }
}

/** What the text says in words, or the note, beside the sign of the number. */
function* words(view) {
  const hint = "one of the two is misread, or the groups are exchanged; a change is final minus baseline";
  for (const { arm, before, after, value } of coursesOf(view)) {
    const named = ["change", "percent_change"].find((each) => value[each] !== undefined), name = named ?? "mean";
    const moved = named ? value[named] : value.mean !== undefined && before ? value.mean - before.mean : null, path = ["results", after.index, "arms", arm, name];
    if (moved === null) continue;
    if (value.said !== undefined) {
      if (owns(SIGNS, value.said) && moved * SIGNS[value.said] < 0) yield ["C512", path, `the text says “${value.said}”; the number says otherwise: ${short(moved)}`, hint];
      continue;
    }
    for (const each of ["change", "percent_change"]) {
      const number = value[each], falls = FALLING.exec(value.note ?? ""), rises = RISING.exec(value.note ?? ""), word = number > 0 ? falls : rises;
      if (number !== undefined && number !== 0 && word && Boolean(falls) !== Boolean(rises)) yield ["C512", ["results", after.index, "arms", arm, each], `the note says “${word[0]}…”; the ${each.replace("_", " ")} is ${short(number)}`, hint];
    }
  }
  for (const [index, { contrast }] of view.results.entries()) {
    if (!contrast || !owns(SIGNS, contrast.said ?? "")) continue;
    const name = contrast.ratio === undefined ? "difference" : "ratio", moved = contrast.ratio === undefined ? contrast.difference ?? 0 : contrast.ratio - 1;
    if (moved * SIGNS[contrast.said] < 0) yield ["C512", ["results", index, "contrast", name], `the text says “${contrast.said}”; the ${name} is ${short(contrast[name])}`, hint];
  }
}
