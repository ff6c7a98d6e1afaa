// Recommend films to the reader from one matrix: how many people each two films have in common.
recdl.live = (() => {
  const SIZE = 1979173, CRC = 0x55baee78;  // of u.data; of RecBole's file, too, without its heading
  const MOST = { zip: 5e7, table: 1e7 }, N_FILMS = 300, PART = 0.75;
  const WANTED = "Choose the ml-100k.zip of GroupLens as you downloaded it.";

  // The inverse of a matrix with l2 added to its diagonal, in half of the usual steps: Bauer and Reinsch (1971).
  // It is symmetric, and l2 makes it positive definite.
  function inverse(gram, n, l2) {
    const a = Float64Array.from(gram), x = new Float64Array(n), last = n * (n - 1);
    for (let i = 0; i < n; i += 1) a[i * n + i] += l2;
    for (let k = n - 1; k >= 0; k -= 1) {
      const p = a[0];
      for (let i = 1; i < n; i += 1) {
        const q = a[i * n], to = (i - 1) * n - 1;
        x[i] = i > k ? q / p : -q / p;
        for (let j = 1; j <= i; j += 1) a[to + j] = a[i * n + j] + q * x[j];
      }
      a[last + n - 1] = 1 / p;
      for (let i = 1; i < n; i += 1) a[last + i - 1] = x[i];
    }
    for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) a[j * n + i] = a[i * n + j];
    return a;
  }

  // Row i, column j: what film i adds to film j.
  function ease(gram, n, l2) {
    const p = inverse(gram, n, l2), found = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < n; j += 1) found[i * n + j] = i === j ? 0 : -p[i * n + j] / p[j * n + j];
    }
    return found;
  }

  // The cosines of the k films nearest to each candidate; those equal to the k-th stay too.
  function itemKnn(gram, n, k) {
    const whole = 2 ** 52, found = new Float64Array(n * n);
    for (let j = 0; j < n; j += 1) {
      const row = Float64Array.from({ length: n }, (_, i) => {
        const alike = gram[j * n + i] / Math.sqrt(gram[j * n + j] * gram[i * n + i]);
        return i === j ? 0 : (alike * 1e12 + whole - whole) / 1e12;  // rounded as in recdl.baselines.cosine
      });
      const least = row.slice().sort()[Math.max(n - k, 0)];
      row.forEach((alike, i) => { found[i * n + j] = alike >= least ? alike : 0; });
    }
    return found;
  }

  const TABLE = Uint32Array.from({ length: 256 }, (_, c) => {
    for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  function crc32(bytes) {
    let c = -1;
    for (let i = 0; i < bytes.length; i += 1) c = (c >>> 8) ^ TABLE[(c ^ bytes[i]) & 255];
    return ~c >>> 0;
  }

  class Refused extends Error {}

  // Where the members of a zip lie, by the last part of their names; what is no zip gives a RangeError.
  function members(view) {
    let end = view.byteLength - 22;
    while (view.getUint32(end, true) !== 0x06054b50) end -= 1;
    const found = {};
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
      const [long, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
      const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, long));
      const [crc, packed, size, local] = [16, 20, 24, 42].map((place) => view.getUint32(at + place, true));
      const how = view.getUint16(at + 10, true);
      found[name.split("/").pop()] = { crc, packed, size, local, how };
      at += 46 + long + extra + comment;
    }
    return found;
  }

  async function content(view, { crc, packed, size, local, how }) {
    if (size > MOST.table) throw new RangeError("more than a table");
    const long = view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    let bytes = new Uint8Array(view.buffer, local + 30 + long, packed);
    if (how) {
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    if (crc32(bytes) !== crc) throw new RangeError("another checksum");
    return bytes;
  }

  // Return the contents of two tables; a sentence says what else the file is.
  async function unzip(file, refuse) {
    const { size } = file;
    if (size > MOST.zip) refuse(`has ${Math.round(size / 1e6)} MB, and MovieLens-100k has 5.`);
    let view = null, found = {};
    try { view = new DataView(await file.arrayBuffer()); } catch { refuse("cannot be read."); }
    try { found = members(view); } catch { refuse("is no zip, or not a whole one."); }
    const names = [["u.data", "u.item"], ["ml-100k.inter", "ml-100k.item"]].find((pair) => pair[0] in found);
    if (!names || !(names[1] in found)) refuse("is a zip without u.data and u.item, the tables of MovieLens-100k.");
    let tables = [];
    try {
      tables = await Promise.all(names.map((table) => content(view, found[table])));
    } catch { refuse("is damaged: its tables cannot be unpacked. Download it again."); }
    const typed = names[0] !== "u.data", rows = typed ? tables[0].subarray(tables[0].indexOf(10) + 1) : tables[0];
    if (rows.length !== SIZE || crc32(rows) !== CRC) refuse("holds other ratings than those of MovieLens-100k.");
    return { rows, films: tables[1], typed };
  }

  const lines = (bytes, code) => new TextDecoder(code).decode(bytes).trim().split("\n");

  // The training part as recdl.splits.course_split makes it: the first three quarters of each person's ratings.
  function training(rows) {
    const ratings = lines(rows).map((line) => line.split("\t").map(Number));
    ratings.sort((a, b) => a[0] - b[0] || a[3] - b[3]);  // stable
    const people = new Map();
    for (const [user, film] of ratings) people.set(user, people.get(user) || []).get(user).push(film);
    return [...people.values()].map((films) => {
      const n = PART * films.length, down = Math.floor(n);
      return films.slice(0, n - down === 0.5 ? down + down % 2 : Math.round(n));  // a half: to the even one
    });
  }

  // The films that most people have, and the Gram matrix of these.
  function matrix(histories) {
    const n_users = new Map();
    for (const film of histories.flat()) n_users.set(film, (n_users.get(film) || 0) + 1);
    const films = [...n_users.keys()].sort((a, b) => n_users.get(b) - n_users.get(a)).slice(0, N_FILMS);
    const n = films.length, gram = new Float64Array(n * n), place = new Map(films.map((film, i) => [film, i]));
    for (const history of histories) {
      const there = history.filter((film) => place.has(film)).map((film) => place.get(film));
      for (const i of there) for (const j of there) gram[i * n + j] += 1;
    }
    return { films, gram };
  }

  // From a zip to titles and a Gram matrix, as tools.films makes them.
  async function open(file) {
    const refuse = (why) => { throw new Refused(`${file.name} ${why} ${WANTED}`); };
    const { rows, films: table, typed } = await unzip(file, refuse), { films, gram } = matrix(training(rows));
    const titleOf = new Map(lines(table, typed ? "utf-8" : "latin1").map((line) => {
      const [film, title = "", year] = line.split(typed ? "\t" : "|");
      return [Number(film), title && typed ? `${title} (${year})` : title.trim()];
    }));
    const titles = films.map((film) => titleOf.get(film));
    if (!titles.every(Boolean)) refuse("does not name all films that were rated.");
    return { titles, gram };
  }

  // What tools.films has laid beside the page: the rows of the matrix, each from its diagonal on; and GMF's vectors.
  function atHand({ titles, gram: half, gmf }) {
    const n = titles.length, gram = new Float64Array(n * n);
    for (let i = 0, c = 0; i < n; i += 1) {
      for (let j = i; j < n; j += 1, c += 1) gram[i * n + j] = gram[j * n + i] = half[c];
    }
    return { titles, gram, gmf };
  }

  return { ease, itemKnn, open, atHand, Refused };
})();

// In chapter 1 the same panel has two of the methods, and no numbers to set.
for (const name of ["live", "two_lists"]) recdl.panel(name, (state, say) => {
  const { html, number, live } = recdl, MOST = 20, L2 = [0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
  const TAU = [0.5, 1, 2, 3, 5, 7, 10, 15, 30, Infinity], METHODS = state.methods;
  const isWhole = METHODS.includes("GMF"), knows = (sentence) => (isWhole ? sentence : "");
  const UNTRAINED = "GMF needs trained vectors of the films, and a zip has none: it is not shown.";
  const text = (value) => (value === Infinity ? "∞" : String(value));
  const toy = { titles: state.titles, gram: Float64Array.from(state.gram.flat()), gmf: state.gmf };
  const view = recdl.table(["place", ...METHODS]), list = recdl.table(["place", "your film", ...(isWhole ? ["fading"] : []), "move"]);
  const why = recdl.table(["your film", "weight", "adds", "share"]);
  let data, n, history, kept, cache, asked, later, vector, steps, before = {};

  // Fill a cache with the two matrices; that of EASE is null where the package refuses the inverse.
  function matrices() {
    const { gram } = data, { l2 } = state;
    cache.knn ||= live.itemKnn(gram, n, state.k);
    if (isWhole && cache.l2 !== l2) {
      let total = 0;
      for (let i = 0; i < n; i += 1) total += gram[i * n + i];
      cache.ease = l2 < 1e-9 * total ? null : live.ease(gram, n, l2);
      cache.l2 = l2;
    }
    return { "item-kNN": cache.knn, EASE: cache.ease, "fading EASE": cache.ease };
  }

  const weight = (place) => Math.exp(-1 / state.tau) ** (history.length - 1 - place);

  // The reader's vector in GMF begins as the mean of all users. Each step goes down the log loss of all films.
  const logit = (j) => vector.reduce((sum, value, k) => sum + value * data.gmf.items[j][k], 0);
  function newcomer() {
    [vector, steps] = [data.gmf?.mean, 0];
  }
  function step() {
    const { items, rate } = data.gmf, slopes = vector.map(() => 0);
    items.forEach((item, j) => {
      const gap = (1 + Math.tanh(logit(j) / 2)) / 2 - Number(history.includes(j));
      item.forEach((value, k) => { slopes[k] += gap * value; });
    });
    vector = vector.map((value, k) => value - rate * slopes[k] / n);
    steps += 1;
  }
  function loss() {
    const each = data.gmf.items.map((_, j) => {
      const z = logit(j);
      return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (history.includes(j) ? z : 0);
    });
    return each.reduce((a, b) => a + b) / n;
  }
  const after = () => `GMF after ${steps} step${steps === 1 ? "" : "s"}`;
  const learnt = () => answer(`${after()}: log loss ${number(loss(), 4)}.`);
  function learn(count) {
    if (!data.gmf) { say(UNTRAINED); return; }
    if (!history.length) { say("Choose a film first: without one there is nothing to learn from."); return; }
    for (let i = 0; i < count; i += 1) step();
    learnt();
  }
  function back() {
    if (!data.gmf) { say(UNTRAINED); return; }
    newcomer();
    learnt();
  }

  // What each film of the reader adds to the score of film j: its weight, its entry in the matrix, their product.
  function shares(method, j) {
    const matrix = matrices()[method];
    return history.map((i, place) => {
      const w = method === "fading EASE" ? weight(place) : 1;
      return [w, matrix[i * n + j], w * matrix[i * n + j]];
    });
  }

  function scores(method) {
    const found = new Float64Array(n);
    if (method === "popularity") return found.map((_, j) => data.gram[j * n + j]);
    if (method === "GMF") return data.gmf ? found.map((_, j) => logit(j)) : null;
    const matrix = matrices()[method];
    if (!matrix) return null;
    history.forEach((i, place) => {
      const w = method === "fading EASE" ? weight(place) : 1;
      for (let j = 0; j < n; j += 1) found[j] += w * matrix[i * n + j];
    });
    return found;
  }

  // The films that are left, the best first; of equal ones the first in the catalogue.
  function ranked(method) {
    const isSilent = !history.length && method !== "popularity", values = isSilent ? null : scores(method);
    if (!values) return [];
    const left = [...data.titles.keys()].filter((j) => !history.includes(j));
    const rounded = values.map((value) => Math.round(value * 1e9));
    return left.sort((a, b) => rounded[b] - rounded[a]).slice(0, state.shown).map((j) => [j, values[j]]);
  }

  const answers = METHODS.map((method) => Array.from({ length: state.shown }, (_, place) => {
    const button = recdl.button("", `why-${METHODS.indexOf(method)}-${place}`, () => {
      asked = [method, button.film];
      say(explain());
    });
    return button;
  }));

  const none = (method) => (method === "GMF" && !data.gmf ? "not shown" : "no answer");
  function cell(m, place, films) {
    if (place >= films.length) return place ? "–" : none(METHODS[m]);
    const [film, value] = films[place], button = answers[m][place];
    button.film = film;
    button.textContent = `${data.titles[film]} ${number(value, m ? 2 : 0)}`;
    button.setAttribute("aria-label", `${METHODS[m]}, place ${place + 1}: ${button.textContent}. Why?`);
    return button;
  }

  // Show where a score comes from, and say it.
  function explain() {
    const [method, film] = asked, title = data.titles[film];
    why.node.hidden = ["popularity", "GMF"].includes(method) || film === undefined;
    if (film === undefined) return "";
    const value = scores(method)[film], total = number(value, 3);
    if (method === "GMF") {
      return `GMF gives ${title} ${total}: your vector times that of the film. This is no sum over your films: they `
        + "only moved your vector, step by step.";
    }
    if (why.node.hidden) return `${value} people have ${title}, and that is its score. Your films play no part.`;
    const parts = shares(method, film);
    why.show(`Why ${method} gives ${title} ${total}: your films add up`, parts.map((part, place) => [
      data.titles[history[place]], ...part.map((each) => number(each, 3)),
    ]));
    const read = parts.map(([, , share], place) => `${data.titles[history[place]]} ${number(share, 3)}`);
    return `${method} gives ${title} ${total}: ${read.join(", ")}.`;
  }

  function show() {
    if (!history.length) newcomer();
    const found = METHODS.map(ranked), films = history.map((i) => data.titles[i]).join(", ") || "none";
    const rows = Math.max(1, ...found.map((one) => one.length));
    view.show(
      `Your films, the latest last: ${films}`
        + knows(`. λ = ${text(state.l2)}, τ = ${text(state.tau)}${data.gmf ? `, ${after()}` : ""}`),
      Array.from({ length: rows }, (_, place) => [
        `${place + 1}`, ...found.map((one, m) => cell(m, place, one)),
      ]),
    );
    recdl.keepFocus(list.node, () => list.show("Your films, the latest last", history.map((i, place) => [
      `${place + 1}`, kept[i].title, ...(isWhole ? [number(weight(place), 3)] : []), kept[i].buttons,
    ])));
    const answered = found[METHODS.indexOf(asked[0])];
    if (history.includes(asked[1]) || !answered.some(([film]) => film === asked[1])) asked[1] = answered[0]?.[0];
    explain();
    return changes(found);
  }

  // Say which lists are others now, and what is wrong if there is none.
  function changes(found) {
    const now = Object.fromEntries(METHODS.map((method, m) => [method, found[m].map(([film]) => film).join()]));
    const other = METHODS.filter((method) => now[method] !== before[method]);
    before = now;
    const first = (method) => data.titles[found[METHODS.indexOf(method)][0]?.[0]] || none(method);
    const told = other.map((method) => `${method}, first ${first(method)}`).join("; ");
    const trouble = !history.length ? " Without a film of yours, only popularity can answer."
      : history.length === n ? " You have seen all films: nothing is left." : "";
    const zero = !isWhole || !history.length || cache.ease ? ""
      : " With λ = 0 rounding errors drown the inverse of EASE: choose a λ above 0.";
    return `${told ? `Other lists: ${told}.` : "No list changes."}${trouble}${zero}`;
  }

  // Many films, and their matrices, take a while: then the sentence comes first, and the lists follow.
  function soon(told, act) {
    say(`${told} …`);
    later = setTimeout(act, 20);
  }
  function answer(told) {
    const tell = () => say(`${told} ${show()}`), isReady = n < 100 || !history.length || (isWhole ? cache.l2 === state.l2 : cache.knn);
    clearTimeout(later);
    if (isReady) tell(); else soon(told, tell);
  }

  function add(i) {
    if (history.includes(i)) { say(`${data.titles[i]} is in your list already.`); return; }
    if (history.length >= MOST) { say(`Your list has room for ${MOST} films. Take one away first.`); return; }
    keep(i);
    history.push(i);
    answer(`${data.titles[i]} added.`);
  }

  function move(i, by) {
    const from = history.indexOf(i), to = from + by, title = data.titles[i];
    if (from < 0 || to < 0 || to >= history.length) {
      say(`${title} ${from < 0 ? "is not in your list" : `is ${by < 0 ? "first" : "last"} already`}.`);
      return;
    }
    history.splice(from, 1);
    history.splice(to, 0, i);
    answer(`${title} is in place ${to + 1}.`);
  }

  function takeAway(i) {
    const from = history.indexOf(i);
    if (from < 0) { say(`${data.titles[i]} is not in your list.`); return; }
    history.splice(from, 1);
    answer(`${data.titles[i]} taken away.`);
    const next = history[Math.min(from, history.length - 1)];
    (next === undefined ? picker : kept[next].buttons.lastChild).focus();
  }

  function keep(i) {
    const title = data.titles[i];
    if (i in kept) return;
    const buttons = recdl.movers(title, i, (by) => move(i, by));
    buttons.append(" ", recdl.button("✕", `away-${i}`, () => takeAway(i), `${title}: take away`));
    kept[i] = { title, buttons };
  }

  const picker = html("select", {
    "data-key": "film", change: () => say(`${data.titles[picker.value]}: press Add to put it behind your films.`),
  });
  const scale = (key, label, values) => recdl.slider({ label, key, values, text, value: state[key], change: (value) => {
    state[key] = value;
    answer(`${label} = ${text(value)}.`);
  } });
  const l2 = scale("l2", "λ", L2), tau = scale("tau", "τ", TAU);
  const ABSENT = "MovieLens may not be passed on, so this page does not hold it: open your own ml-100k.zip.";
  const many = () => begin(own, [], 500, 7, `The 300 most rated films.${own.gmf ? "" : knows(` ${UNTRAINED}`)}`);
  const all = recdl.button("The 300 most rated films", "all", () => {
    clearTimeout(later);
    if (own) soon("Reading the films", many); else say(ABSENT);
  });
  let own = recdl.atHand && live.atHand(recdl.atHand);

  function begin(films, first, lambda, speed, told) {
    [data, n, history] = [films, films.titles.length, [...first]];
    [kept, cache, asked] = [{}, {}, [isWhole ? "fading EASE" : "item-kNN"]];
    newcomer();
    history.forEach(keep);
    Object.assign(state, { l2: lambda, tau: speed });
    l2.set(lambda);
    tau.set(speed);
    const { compare } = new Intl.Collator("en");  // many times faster than localeCompare
    const order = [...films.titles.keys()].sort((a, b) => compare(films.titles[a], films.titles[b]));
    picker.replaceChildren(...order.map((i) => html("option", { value: i }, films.titles[i])));
    answer(told);
  }
  const start = { history: state.history, l2: state.l2, tau: state.tau };
  const again = () => begin(toy, start.history, start.l2, start.tau, "The toy world.");

  async function opened() {
    const [file] = zip.files;
    if (!file) return;
    say(`Reading ${file.name} …`);
    try {
      own = await live.open(file);
    } catch (error) {
      if (!(error instanceof live.Refused)) throw error;
      say(error.message);
      return;
    } finally {
      zip.value = "";  // so that the same file can be chosen again
    }
    many();
  }
  const zip = html("input", { type: "file", accept: ".zip,.whl", "data-key": "zip", change: opened });

  again();
  say("");
  return {
    question: isWhole ? {
      ask: "You have seen Airplane!, then Die Hard. Turn the two round: which lists can change?",
      choices: ["all five", "all but popularity", "fading EASE only"],
      right: "fading EASE only",
      then: "Now move Die Hard up. Press a recommended film to ask why.",
    } : {
      ask: "These are Ana's films. Take Die Hard away: whose numbers change?",
      choices: ["those of both", "those of item-kNN only", "those of popularity only"],
      right: "those of item-kNN only",
      then: "Now take Die Hard away. It comes into both lists. Press a recommended film to ask why.",
    },
    controls: [
      html("div", { class: "recdl-slider" }, html("label", {}, "film", picker),
        recdl.button("Add", "add", () => add(Number(picker.value)))),
      recdl.button("Take all away", "none", () => { history = []; answer("Your list is empty."); }),
      ...(isWhole ? [l2, tau, html("fieldset", { class: "recdl-radios" }, html("legend", {}, "your vector in GMF"),
        recdl.button("1 step", "step-1", () => learn(1)), " ",
        recdl.button("10 steps", "step-10", () => learn(10)), " ",
        recdl.button("Back to the mean", "mean", back))] : []),
      recdl.button("The toy world", "again", again), all,
      html("label", {}, "Open your own ml-100k.zip (it stays on this computer): ", zip),
    ],
    view: [list.node, view.node, why.node],
    lesson: isWhole ? "A linear score is a sum over your films, and each share can be shown. The matrix is learnt from who has "
      + "which two films, in any order; only the fading weights know your order. They answer you at once. "
      + "GMF cannot: your vector has to be learnt first, step by step, and its score has no shares to show."
      : "Popularity has the same numbers for everybody, and leaves out what you have seen. Item-kNN adds up how well a "
      + "film goes together with each of yours, and can show each share.",
    numbers: () => ({
      titles: history.map((i) => data.titles[i]), n, l2: state.l2, tau: text(state.tau),
      vector: vector && [...vector], steps, loss: data.gmf ? loss() : null,
      scores: Object.fromEntries(METHODS.map((method) => [method, scores(method) && [...scores(method)]])),
      lists: Object.fromEntries(METHODS.map((method) => [method, ranked(method).map(([film]) => film)])),
      asked: [...asked], shares: why.node.hidden ? null : shares(...asked).map((part) => part[2]),
    }),
  };
});
