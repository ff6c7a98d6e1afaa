// Change the toy table of ones and zeros, and see what six methods recommend to Ana.
recdl.panel("toy_table", (state, say) => {
  const { people, films, genres, html } = { ...state, ...recdl }, rated = state.rated.map((row) => [...row]);
  const LEAST = 0.005, EQUAL = 1e-9;  // as in recdl.course.chapter_1.panels
  const view = recdl.table(["method", "for Ana", "scores"]);
  const grid = recdl.table(["person", ...films]);
  const column = (i) => rated.map((row) => row[i]);
  const inner = (a, b) => a.reduce((total, value, i) => total + value * b[i], 0);

  function cosine(a, b) {
    const squares = inner(a, a) * inner(b, b);
    return squares > 0 ? inner(a, b) / Math.sqrt(squares) : 0;
  }

  function factorised() {
    if (!rated[0].some(Boolean)) return films.map(() => 0);  // the factors of somebody without films are noise
    const [persons, items] = state.start.map((rows) => Float64Array.from(rows.flat())), { step } = state;
    const cells = rated.flat(), n = films.length;
    for (let pass = 0; pass < state.passes; pass += 1) {
      for (let u = 0; u < people.length; u += 1) {
        for (let i = 0; i < n; i += 1) {
          const p = 2 * u, q = 2 * i, first = persons[p], second = persons[p + 1];
          const change = step * (cells[u * n + i] - (first * items[q] + second * items[q + 1]));
          persons[p] = first + change * items[q];
          persons[p + 1] = second + change * items[q + 1];
          items[q] += change * first;
          items[q + 1] += change * second;
        }
      }
    }
    return films.map((_, i) => persons[0] * items[2 * i] + persons[1] * items[2 * i + 1]);
  }

  function scores() {
    const [ana, ...others] = rated, all = [...films.keys()];
    const profile = genres[0].map((_, g) => inner(ana, genres.map((row) => row[g])));
    const alike = others.map((other) => cosine(ana, other));
    const nearest = [...alike.keys()].sort((a, b) => alike[b] - alike[a]).slice(0, state.neighbours);
    const total = (values) => values.reduce((a, b) => a + b, 0);
    const found = {
      popularity: all.map((i) => total(column(i))),
      "content-based": genres.map((row) => cosine(profile, row)),
      "user-kNN": all.map((i) => total(nearest.map((n) => alike[n] * others[n][i]))),
      "item-kNN": all.map((i) => total(all.map((j) => ana[j] * cosine(column(i), column(j))))),
      "matrix factorisation": factorised(),
    };
    const halves = ["content-based", "item-kNN"].map((name) => found[name]);
    const best = halves.map((half) => Math.max(0, ...left().map((i) => half[i])) || 1);
    found.hybrid = all.map((i) => 0.5 * halves[0][i] / best[0] + 0.5 * halves[1][i] / best[1]);
    return found;
  }

  const left = () => [...films.keys()].filter((i) => !rated[0][i]);

  function answer(values) {
    const best = Math.max(0, ...left().map((i) => values[i]));
    return best >= LEAST ? left().filter((i) => values[i] >= best - EQUAL) : [];
  }

  const names = (answers) => answers.map((i) => films[i]).join(" = ");
  let before = {};

  // Show the answers, and return a sentence on which of them have changed.
  function show() {
    const all = scores(), now = {};
    const rows = Object.entries(all).map(([method, values]) => {
      now[method] = names(answer(values)) || (left().length ? "no answer" : "nothing is left");
      const read = left().map((i) => `${films[i]} ${recdl.number(values[i])}`).join(", ");
      return [method, now[method], read || "–"];
    });
    const ones = rated.flat().reduce((a, b) => a + b, 0);
    view.show(`What six methods recommend to Ana, with ${ones} ones in the table`, rows);
    const changed = Object.keys(now).filter((method) => before[method] !== now[method]);
    before = now;
    if (!changed.length) return "No answer changes.";
    return `Other answers: ${changed.map((method) => `${method} ${now[method]}`).join("; ")}.`;
  }

  function flip(u, i) {
    rated[u][i] = 1 - rated[u][i];
    write(u, i);
    say(`${people[u]}, ${films[i]}: now ${rated[u][i]}. ${show()}`);
  }

  function write(u, i) {
    cells[u][i].textContent = rated[u][i];
    cells[u][i].setAttribute("aria-label", `${people[u]}, ${films[i]}: ${rated[u][i]}`);
    cells[u][i].classList.toggle("recdl-on", rated[u][i] === 1);
  }

  const cells = people.map((_, u) => films.map((__, i) => recdl.button("", `cell-${u}-${i}`, () => flip(u, i))));

  function reset(table, told) {
    table.forEach((row, u) => row.forEach((value, i) => { rated[u][i] = value; write(u, i); }));
    return `${told} ${show()}`;
  }

  reset(state.rated, "");
  grid.node.classList.add("recdl-upright");
  grid.show("Who rated what: 1 is rated", people.map((person, u) => [person, ...cells[u]]));
  const empty = () => state.rated.map((row, u) => row.map((value) => (u ? value : 0)));
  return {
    question: {
      ask: "The other four people may rate what they like. Whose answer for Ana can never change by that?",
      choices: ["popularity", "content-based", "item-kNN", "matrix factorisation"],
      right: "content-based",
      then: "Now click on cells of other people, such as Eva's 1 for E.T.",
    },
    controls: [
      recdl.button("The first table", "first", () => say(reset(state.rated, "The first table."))),
      recdl.button("Ana is new", "new", () => say(reset(empty(), "Ana has rated nothing."))),
    ],
    view: [grid.node, view.node],
    lesson: "Content-based reads Ana's row and the genres only. The other methods read the rows of other people too: "
      + "Eva's E.T. alone decides three answers. Without a row of her own, only popularity can answer Ana; and a film "
      + "that nobody rated can only be found by its genres.",
    numbers: () => {
      const all = scores();
      const answers = Object.fromEntries(Object.entries(all).map(([method, values]) => [method, answer(values)]));
      return { rated: rated.map((row) => [...row]), scores: all, answers };
    },
  };
});
