// Compare the same systems in other ways, and see who changes places. The tables lie beside the page, packed.
recdl.protocol = (() => {
  const RESAMPLES = 2000, TAILS = [(1 - 0.95) / 2, (1 + 0.95) / 2];

  // As `recdl.course.packed` writes them: bits, numbers, lists of ten hits, each foreseen from the one before.
  function unpacker(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const chances = new Uint16Array(1024).fill(32768);
    let low = 0, high = 2 ** 32 - 1, code = 0, at = 0;
    const next = () => { code = (code * 256 + (bytes[at] || 0)) % 2 ** 32; at += 1; };
    for (let i = 0; i < 4; i += 1) next();
    function bit(context) {
      const chance = chances[context], middle = low + Math.floor((high - low) / 65536) * chance;
      const one = code <= middle;
      if (one) high = middle; else low = middle + 1;
      chances[context] += one ? (65536 - chance) >> 6 : -(chance >> 6);
      while (!((low ^ high) >>> 24)) {
        low = (low << 8) >>> 0;
        high = ((high << 8) | 255) >>> 0;
        next();
      }
      return Number(one);
    }
    function numbers(previous) {
      let n = 1;
      for (let i = 0; i < 4; i += 1) n = 2 * n + bit(16 * (32 - Math.clz32(previous)) + n);
      n -= 16;
      let value = n ? 1 : 0;
      for (let i = 1; i < n; i += 1) value = 2 * value + bit(256 + 8 * n + (value < 8 ? value : 0));
      return value;
    }
    function hits(previous) {
      let value = 0, same = 1, count = 0;
      for (let i = 0; i < 10; i += 1) count += (previous >> i) & 1;
      for (let i = 0; i < 10; i += 1) {
        const old = (previous >> i) & 1, hit = bit(512 + 40 * count + 4 * i + 2 * same + old);
        value |= hit << i;
        same &= Number(hit === old);
      }
      return value;
    }
    return { numbers, hits };
  }

  // For each split of a table, how much is relevant to each user, and the rows of each system.
  function unpacked({ splits, users, rows, seeds, text }) {
    const read = unpacker(text), found = {};
    let row = new Uint16Array(users);
    const next = (kind) => { row = row.map(read[kind]); return row; };
    for (const split of splits) found[split] = { counts: next("numbers"), rows: [], isHits: rows === "hits" };
    row = new Uint16Array(users);
    for (let s = 0; s < seeds[0].length; s += 1) {
      splits.forEach((split, i) => {
        found[split].rows.push(Array.from({ length: seeds[i][s] }, () => next(rows)));
      });
    }
    return found;
  }

  // What a list is worth by its places with a hit, from 1 on, and what that is divided by.
  const sum = (places, worth) => places.reduce((total, place, i) => total + worth(place, i), 0);
  const firsts = (n) => Array.from({ length: n }, (_, i) => i + 1);
  const gain = (place) => 1 / Math.log2(place + 1), precise = (place, i) => (i + 1) / place;
  const METRICS = {
    NDCG: [(hits) => sum(hits, gain), (n, k) => sum(firsts(Math.min(n, k)), gain)],
    MAP: [(hits) => sum(hits, precise), (n) => n],
    "MAP, at most k": [(hits) => sum(hits, precise), (n, k) => Math.min(n, k)],
    Precision: [(hits) => hits.length, (n, k) => k],
    Recall: [(hits) => hits.length, (n) => n],
    HR: [(hits) => Number(hits.length > 0), () => 1],
    MRR: [(hits) => (hits.length ? 1 / hits[0] : 0), () => 1],
  };

  // How likely each of the first k ranks is among m sampled films; of `others`, `before` stand before the film.
  const logs = [0];
  const factorial = (n) => {
    while (logs.length <= n) logs.push(logs.at(-1) + Math.log(logs.length));
    return logs[n];
  };
  const ways = (n, r) => factorial(n) - factorial(r) - factorial(n - r);
  function expected(worth, before, others, negatives, k) {
    const m = Math.min(negatives, others), first = Math.max(0, m - (others - before));
    if (first >= k) return 0;
    let chance = Math.exp(ways(before, first) + ways(others - before, m - first) - ways(others, m)), total = 0;
    for (let j = first; j < k && j <= before && j <= m; j += 1) {
      total += chance * worth[j + 1];
      chance *= (before - j) * (m - j) / ((j + 1) * (others - before - m + j + 1));
    }
    return total;
  }

  // The metric of each judged user, for all systems together: the mean over the seeds of each.
  function values(table, { metric, k, negatives }) {
    const [worthOf, divisorOf] = METRICS[metric], { counts, rows, isHits } = table, n = rows.length;
    const worth = Float64Array.from({ length: isHits ? 2 ** k : k + 1 }, (_, i) => {
      if (!isHits) return i && worthOf([i]) / divisorOf(1, k);
      return worthOf(firsts(k).filter((place) => (i >> (place - 1)) & 1));
    });
    const divisors = Array.from({ length: Math.max(...counts) + 1 }, (_, i) => divisorOf(i, k));
    const users = [...counts.keys()].filter((u) => counts[u] > 0), of = new Float64Array(users.length * n);
    const valueOf = (row, u) => {
      if (isHits) return worth[row[u] & (2 ** k - 1)] / divisors[counts[u]];
      if (negatives === null) return row[u] <= k ? worth[row[u]] : 0;
      return expected(worth, row[u] - 1, counts[u] - 1, negatives, k);
    };
    rows.forEach((seeds, s) => users.forEach((u, i) => {
      if (!seeds.length) of[i * n + s] = NaN;  // not computed
      for (const row of seeds) of[i * n + s] += valueOf(row, u) / seeds.length;
    }));
    const means = Float64Array.from({ length: n }, (_, s) => {
      let total = 0;
      for (let i = s; i < of.length; i += n) total += of[i];
      return total / users.length;
    });
    return { of, n, users: users.length, means };
  }

  // The bootstrap takes some time, so it is done in pieces: these are generators that stop between two.
  const drawn = new Map();
  function* timesDrawn(n) {
    if (!drawn.has(n)) {
      const rng = recdl.random(0), times = new Uint8Array(RESAMPLES * n);
      const one = (from) => { for (let i = 0; i < n; i += 1) times[from + rng.integer(n)] += 1; };
      for (let r = 0; r < RESAMPLES; r += 1) {
        one(r * n);
        if (r % 20 === 0) yield;
      }
      drawn.set(n, times);
    }
    return drawn.get(n);
  }

  function resample(means, times, { of, n, users }, r) {
    for (let u = 0; u < users; u += 1) {
      const c = times[r * users + u] / users;
      if (c) for (let s = 0, from = u * n; s < n; s += 1) means[s] += c * of[from + s];
    }
  }

  // The mean of each system in each resample.
  function* resampled(table) {
    const times = yield* timesDrawn(table.users), means = new Float64Array(table.n);
    const columns = Array.from(means, () => new Float64Array(RESAMPLES));
    for (let r = 0; r < RESAMPLES; r += 1) {
      resample(means.fill(0), times, table, r);
      for (let s = 0; s < table.n; s += 1) columns[s][r] = means[s];
      if (r % 20 === 0) yield;
    }
    return columns;
  }

  // A mean, or the difference of two, with its interval.
  function interval({ means, columns }, a, b = null) {
    const sorted = columns[a].map((mean, r) => (b === null ? mean : mean - columns[b][r])).sort();
    const ends = TAILS.map((tail) => {
      const place = tail * (RESAMPLES - 1), from = Math.floor(place);
      return sorted[from] + (place - from) * (sorted[from + 1] - sorted[from]);
    });
    return [means[a] - (b === null ? 0 : means[b]), ...ends];
  }

  return { unpacked, values, resampled, interval };
})();

recdl.panel("protocol", (state, say) => {
  const { systems, last } = state, { svg, number } = recdl, math = recdl.protocol;
  const { tables } = recdl.data.protocol, all = [...systems.keys()], known = new Map();
  const FIRST = { split: state.split, metric: state.metric, k: state.k, negatives: null, seen: false };
  const PAIRS = all.flatMap((a) => all.slice(a + 1).map((b) => [a, b])), HIGH = 17;
  const view = recdl.table(["system", "place", "mean", "minus the reference, ✓ clear of 0"]);
  const lines = svg("g", { class: "recdl-axes" });
  const size = `0 0 360 ${HIGH * (all.length + 1)}`;
  const drawing = { node: svg("svg", { viewBox: size, class: "recdl-plot", role: "img" }, lines) };
  let first = { means: state.intervals.map(([mean]) => mean) }, pending = null;
  let now = { ...first, users: state.users, own: state.intervals, minus: state.minus, certain: 0 };

  function tableOf({ split: label, seen }) {
    const split = seen ? "seen" : state.splits[label];
    if (!known.has(split)) {
      const found = math.unpacked(tables.find(({ splits }) => splits.includes(split)));
      for (const [name, table] of Object.entries(found)) known.set(name, table);
    }
    return known.get(split);
  }

  const compared = (setting) => math.values(tableOf(setting), setting);
  const hasSeen = () => state.split === FIRST.split && state.seen;
  const isSampled = () => state.split === last && state.candidates !== "all films";
  const key = (mean) => Math.round(mean * 1e12);  // so that equal numbers are equal
  const isThere = (s) => !Number.isNaN(now.means[s]);  // else it was not computed
  const rank = (mean) => (Number.isNaN(mean) ? -Infinity : key(mean));
  const order = (means) => [...all].sort((a, b) => rank(means[b]) - rank(means[a]) || a - b);
  const ahead = ({ means }, [a, b]) => Math.sign(key(means[a]) - key(means[b]));
  const swapped = () => PAIRS.filter((pair) => ahead(first, pair) * ahead(now, pair) < 0);
  const isClear = ([, low, high]) => key(low) > 0 || key(high) < 0;
  const places = order(first.means);

  function withInterval(mean, interval, sign = "") {
    if (Number.isNaN(mean)) return "not computed";
    const ends = interval ? interval.slice(1).map((end) => number(end, 4)).join(",\u00a0") : "…";
    return `${mean >= 0 ? sign : ""}${number(mean, 4)} [${ends}]`;
  }

  function cells(s, i) {
    const by = isThere(s) && places.filter(isThere).indexOf(s) - i, minus = now.minus?.[s];
    const reference = systems.indexOf(state.reference);
    const difference = withInterval(now.means[s] - now.means[reference], minus, "+");
    return [
      systems[s], !isThere(s) ? "–" : `${i + 1}${by ? ` (${by > 0 ? "up" : "down"}\u00a0${Math.abs(by)})` : ""}`,
      withInterval(now.means[s], now.own?.[s]),
      s === reference ? "–" : difference + (minus && isClear(minus) ? " ✓" : ""),
    ];
  }

  // Each system's line leads from its place at first to its place now, where its name stands again.
  const name = (s, x, y, anchor) => svg("text", { x, y: y + 4, "text-anchor": anchor }, systems[s]);
  const ways = places.map((s, place) => {
    const y = HIGH * (place + 1), line = svg("path"), end = name(s, 232, y, "start");
    lines.append(line, name(s, 128, y, "end"), end);
    return { s, y, line, end };
  });
  function draw(present, n) {
    const right = present.filter(isThere);
    places.forEach((s, i) => { if (!isThere(s)) right.splice(i, 0, s); });
    for (const { s, y, line, end } of ways) {
      const to = HIGH * (right.indexOf(s) + 1);
      line.setAttribute("d", isThere(s) ? `M132 ${y}L228 ${to}` : "");
      line.setAttribute("stroke-width", to < y ? 3 : 1.5);
      line.setAttribute("stroke-dasharray", to > y ? "5 4" : "none");
      end.setAttribute("y", to + 4);
    }
    drawing.node.setAttribute("aria-label", `The order at first and now: ${n} pairs of lines cross.`);
  }

  function show() {
    const present = order(now.means), n = swapped().length, of = PAIRS.filter((pair) => pair.every(isThere)).length;
    const candidates = isSampled() ? `${state.negatives} negatives` : "all films";
    const count = now.own ? `, ${now.certain} for certain` : "";
    view.show(
      `Split: ${state.split}${hasSeen() ? ", with seen films" : ""}. ${state.metric}, k = ${state.k}, ${candidates}, ${now.users} users. Pairs swapped, `
        + `against the first setting: ${n} of ${of}${count}. Reference: ${state.reference}.`,
      present.map(cells),
    );
    draw(present, n);
    return `${systems[present[0]]} comes first. ${n} of ${of} pairs are swapped${count}.`;
  }

  // For each of some systems, or pairs of them, the mean and its interval; each is computed once.
  function* intervals(found, wanted) {
    found.made ||= {};
    for (const each of wanted) {
      if (each in found.made) continue;
      found.made[each] = math.interval(found, ...each);
      yield;
    }
    return wanted.map((each) => found.made[each]);
  }

  function* work(found) {
    if (!first.columns) {
      const again = compared(FIRST);
      again.columns = yield* math.resampled(again);
      first = again;
    }
    found.columns ||= yield* math.resampled(found);
    const reference = systems.indexOf(state.reference), pairs = swapped();
    const own = yield* intervals(found, all.map((s) => [s]));
    found.minus = yield* intervals(found, all.map((s) => [s, reference]));
    const [before, since] = [yield* intervals(first, pairs), yield* intervals(found, pairs)];
    found.certain = pairs.filter((_, i) => isClear(before[i]) && isClear(since[i])).length;
    found.own = own;
  }

  function isDone() {
    if (!pending.next().done) return false;
    pending = null;
    say(show());
    return true;
  }

  // The means are there at once, the intervals some tenths of a second later; meanwhile the page stays awake.
  function change() {
    const mine = pending = work(now);
    say(show());
    setTimeout(function piece() {
      const until = performance.now() + 8;
      while (pending === mine && performance.now() < until) if (isDone()) return;
      if (pending === mine) setTimeout(piece);
    });
  }

  function compare() {
    box.candidates.hidden = state.split !== last;
    box.negatives.hidden = !isSampled();
    box.seen.hidden = state.split !== FIRST.split;
    const { split, metric, k } = state;
    now = compared({ split, metric, k, negatives: isSampled() ? state.negatives : null, seen: hasSeen() });
    change();
  }

  const set = (name, then = compare) => (value) => { state[name] = value; then(); };
  const choice = (name, label, options, then) => recdl.select({
    label, key: name, options, value: state[name], change: set(name, then),
  });
  const whole = (name, min, max) => recdl.slider({
    label: name, key: name, min, max, value: state[name], change: set(name),
  });
  Object.assign(state, { candidates: "all films", negatives: 99 });
  const box = {
    split: choice("split", "split", Object.keys(state.splits)),
    seen: recdl.checkbox({
      label: "leave out films that were seen", key: "seen", value: true,
      change: (on) => { state.seen = !on; compare(); },
    }),
    metric: choice("metric", "metric", state.metrics),
    k: whole("k", 1, 10),
    candidates: choice("candidates", "candidates", ["all films", "sampled negatives"]),
    negatives: whole("negatives", 1, 1000),
    reference: choice("reference", "reference", systems, () => {
      now.own = now.minus = null;  // until it is done
      if (now.columns) change(); else compare();
    }),
  };
  box.candidates.hidden = box.negatives.hidden = true;
  show();
  // Unpacked before the first click, one table after the other.
  for (const split of Object.keys(state.splits)) setTimeout(() => tableOf({ split }));
  const figure = recdl.figure(
    drawing,
    "Left: the order at first. Right: now. A thick line goes up, a dashed one down. Swapped pairs cross; for certain, if "
      + "their difference is clear of 0 at first and now.",
  );
  figure.classList.add("recdl-order");
  return {
    question: state.question,
    controls: Object.values(box),
    view: [view.node, figure],
    lesson: state.lesson,
    numbers: () => {
      while (pending && !isDone());
      const { means, own, minus, users, certain } = now;
      return { means: [...means], own, minus, users, order: order(means), swapped: swapped(), certain };
    },
  };
});
