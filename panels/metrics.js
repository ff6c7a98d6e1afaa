// Put the films of a list in another order, and see the terms of four metrics change.
recdl.panel("metrics", (state, say) => {
  const { lists } = state, { html, number } = recdl, MOST = 6;
  const view = recdl.table(["metric", "how", "value"]);
  const list = recdl.table(["place", "film", "relevant", "move"]);
  let films = [];

  function metrics() {
    const { k } = state, n = films.filter((film) => film.relevant).length;
    const ranks = films.slice(0, k).flatMap((film, i) => (film.relevant ? [i + 1] : []));
    const noted = ranks.map((rank, i) => (i + 1) / rank), gain = (rank) => 1 / Math.log2(rank + 1);
    const best = Array.from({ length: Math.min(k, n) }, (_, i) => i + 1);
    const total = (parts) => parts.reduce((a, b) => a + b, 0);
    const values = [
      ranks.length / k, ranks.length / n, total(noted) / n, total(ranks.map(gain)) / total(best.map(gain)),
    ];
    const text = (rank) => (rank > 1 ? number(gain(rank), 3) : "1");
    const sum = (parts) => {
      const joined = parts.join(" + ") || "0";
      return parts.length > 1 || joined.includes("/") ? `(${joined})` : joined;
    };
    const terms = [
      `${ranks.length} / ${k}`, `${ranks.length} / ${n}`,
      `${sum(ranks.map((rank, i) => `${i + 1}/${rank}`))} / ${n}`,
      `${sum(ranks.map(text))} / ${sum(best.map(text))}`,
    ];
    return { n, hits: ranks.length, values: n ? values : null, terms };
  }

  function showMetrics() {
    const { n, hits, values, terms } = metrics(), { k, person } = state;
    const marked = films.map((film) => film.title + (film.relevant ? " ✓" : ""));
    const rest = marked.slice(k).join(", ") || "none";
    const names = ["Precision", "Recall", "average precision", "NDCG"];
    view.show(
      `${person}, k = ${k}. Shown: ${marked.slice(0, k).join(", ")}. Not shown: ${rest}.`,
      names.map((name, i) => [name, n ? terms[i] : "–", n ? number(values[i], 3) : "cannot be judged"]),
    );
    if (!n) return `No film is relevant, so nobody can say whether ${person}'s list is good.`;
    const read = names.map((name, i) => `${name} ${number(values[i], 3)}`).join(", ");
    return `${hits} of ${n} relevant films in the first ${k}. ${read}.`;
  }

  function show() {
    recdl.keepFocus(list.node, () => {
      list.show(`${state.person}'s candidates; the first ${state.k} are shown`, films.map((film, i) => [
        i < state.k ? `${i + 1}` : "not shown", film.handle, film.box, film.buttons,
      ]));
    });
    [...list.body.rows].forEach((row, i) => row.classList.toggle("recdl-rest", i >= state.k));
    return showMetrics();
  }

  function move(film, to) {
    const from = films.indexOf(film);
    if (to < 0 || to >= films.length) {
      say(`${film.title} is ${to < 0 ? "first" : "last"} already.`);
      return;
    }
    films.splice(from, 1);
    films.splice(to, 0, film);
    const told = show();
    say(`${film.title} is in place ${to + 1}. ${told}`);
  }

  function drag(film) {
    const follow = (event) => {
      const to = [...list.body.rows].findIndex((row) => event.clientY < row.getBoundingClientRect().bottom);
      if (to >= 0 && to !== films.indexOf(film)) move(film, to);
    };
    const end = () => {
      removeEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, end);
    };
    addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, end);
  }

  // The controls of a film are made once, and go with it.
  function withControls({ title, relevant }, number) {
    const film = { title, relevant };
    const yes = html("span", {}, relevant ? "✓" : "–");
    const box = html("input", {
      type: "checkbox", checked: relevant && "", "data-key": `relevant-${number}`,
      "aria-label": `${title} is relevant`,
      change: () => {
        film.relevant = box.checked;
        yes.textContent = film.relevant ? "✓" : "–";
        say(show());
      },
    });
    const grab = (event) => { event.preventDefault(); drag(film); };
    film.handle = html("span", { class: "recdl-handle", pointerdown: grab }, title);
    film.box = html("span", {}, box, " ", yes);
    film.buttons = recdl.movers(title, number, (by) => move(film, films.indexOf(film) + by));
    return film;
  }

  function choose(person) {
    state.person = person;
    films = lists[person].map(withControls);
    return show();
  }

  choose(state.person);
  return {
    question: {
      ask: "Chloe's relevant film goes from place 2 to place 1. Which metric gains most?",
      choices: ["Precision", "Recall", "average precision", "NDCG"],
      right: "average precision",
      then: "Now move Die Hard up.",
    },
    controls: [
      recdl.radios({
        label: "Whose list", key: "person", options: Object.keys(lists), value: state.person,
        change: (person) => say(choose(person)),
      }),
      recdl.slider({
        label: "k", key: "k", min: 1, max: MOST, value: state.k,
        change: (k) => { state.k = k; say(show()); },
      }),
    ],
    view: [list.node, view.node],
    lesson: "Precision and Recall count the hits among the first k, wherever they stand. Average precision and NDCG "
      + "also ask where: from place 2 to place 1, the first gains 0.5 and the second 0.369. All of Eva's films are "
      + "relevant, so no order is better than another.",
    numbers: () => ({ ...metrics(), films: films.map(({ title, relevant }) => [title, relevant]) }),
  };
});
