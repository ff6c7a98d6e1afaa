// Move the vectors of three films, and see how much each place looks at each film.
recdl.panel("attention", (state, say) => {
  const { films, vectors, widths } = state, { html, svg, number } = recdl;
  const MOST = 3, STEP = 0.5, n = films.length, places = [...films.keys()];
  const reach = Math.sqrt(3), rng = recdl.random(state.seed), further = Math.max(...widths) - 2;
  const more = Array.from({ length: 2 }, () => rng.uniform(-reach, reach, n * further));  // of queries, of keys
  const view = recdl.table(["place", ...films, "takes"]);
  const axis = [-MOST, MOST, [0, 2]];
  const field = recdl.plot({ x: axis, y: axis, height: 300, xlabel: "x", ylabel: "y" });
  const text = (value) => number(value, 1);

  function fit(i, j) {
    let total = vectors[i][0] * vectors[j][0] + vectors[i][1] * vectors[j][1];
    for (let k = 0; k < state.width - 2; k += 1) total += more[0][i * further + k] * more[1][j * further + k];
    return state.divided ? total / Math.sqrt(state.width) : total;
  }

  function numbers() {
    const weights = places.map((i) => {
      const row = places.map((j) => (state.masked && j > i ? -Infinity : fit(i, j))), most = Math.max(...row);
      const parts = row.map((value) => Math.exp(value - most)), total = parts.reduce((a, b) => a + b);
      return parts.map((part) => part / total);
    });
    const takes = weights.map((row) => [0, 1].map((k) => row.reduce((sum, w, j) => sum + w * vectors[j][k], 0)));
    return { weights, takes, vectors: vectors.map((vector) => [...vector]) };
  }

  // Of each place, the film that it should predict is marked.
  const cells = places.map((i) => places.map((j) => {
    const cell = recdl.bar();
    if (j === i + 1) cell.node.classList.add("recdl-answer");
    return cell;
  }));

  const arrows = films.map((film) => ({
    line: svg("path", { class: "recdl-curve" }), cross: svg("path", { class: "recdl-mark" }),
    handle: svg("circle", { r: 14 }), ring: svg("path", { class: "recdl-ring" }), name: svg("text", {}, film),
  }));
  for (const part of ["line", "ring", "cross", "name", "handle"]) {
    field.layer.append(...arrows.map((arrow) => arrow[part]));
  }

  function draw(takes) {
    const [x0, y0] = field.at(0, 0);
    arrows.forEach(({ line, cross, handle, ring, name }, i) => {
      const [x, y] = field.at(...vectors[i]), [rx, ry] = field.at(...takes[i]);
      line.setAttribute("d", `M${x0} ${y0}L${x} ${y}`);
      cross.setAttribute("d", `M${x - 6} ${y - 6}l12 12m0 -12l-12 12`);
      ring.setAttribute("d", `M${rx - 9} ${ry}a9 9 0 1 0 18 0a9 9 0 1 0 -18 0M${rx} ${ry}L${x} ${y}`);
      for (const [key, value] of [["cx", x], ["cy", y]]) handle.setAttribute(key, value);
      name.setAttribute("x", Math.max(70, Math.min(290, x)));
      name.setAttribute("y", y < 30 ? y + 20 : y - 12);
      name.setAttribute("text-anchor", "middle");
    });
    const read = films.map((film, i) => `${film} at ${vectors[i].map(text).join(", ")}`).join("; ");
    field.describe(`The first two numbers of each film: ${read}.`);
  }

  let before = [];

  // Show the weights, and return a sentence on the rows that have changed.
  function show() {
    const { weights, takes } = numbers(), root = `√${state.width}`;
    weights.forEach((row, i) => row.forEach((weight, j) => {
      cells[i][j].show(state.masked && j > i ? "–" : number(weight), weight);
    }));
    view.show(
      `How much each place looks at each film: width ${state.width}, ${state.divided ? "" : "not "}divided by `
        + `${root}, ${state.masked ? "with" : "without"} the mask`,
      films.map((film, i) => [
        film, ...cells[i].map((cell) => cell.node), `(${takes[i].map((value) => number(value)).join(", ")})`,
      ]),
    );
    view.node.classList.toggle("recdl-cheats", !state.masked);
    draw(takes);
    const differs = (i) => before.length && weights[i].some((weight, j) => weight !== before[i][j]);
    const moved = films.filter((_, i) => differs(i));
    before = weights;
    const which = moved.length ? `Rows with other weights: ${moved.join(", ")}.` : "No weight changes.";
    const seen = state.masked ? "" : ` ${films.slice(0, -1).map(
      (film, i) => `${film} should predict ${films[i + 1]} and looks at it: ${number(weights[i][i + 1])}.`,
    ).join(" ")}`;
    const largest = weights.map((row) => number(Math.max(...row))).join(", ");
    return `${which} Largest weight of each row: ${largest}.${seen}`;
  }

  const sliders = films.map((film, i) => [0, 1].map((k) => recdl.slider({
    label: k ? "y" : "x", key: `film-${i}-${k}`, min: -MOST, max: MOST, step: STEP,
    value: vectors[i][k], digits: 1,
    change: (value) => {
      vectors[i][k] = value;
      const told = show();
      say(`${film} is at ${vectors[i].map(text).join(", ")}. ${told}`);
    },
  }).querySelector("input")));
  arrows.forEach(({ handle }, i) => recdl.draggable(field, handle, (...place) => place.forEach((value, k) => {
    const next = Math.max(-MOST, Math.min(MOST, Math.round(value / STEP) * STEP)), slider = sliders[i][k];
    if (next === vectors[i][k]) return;
    slider.value = next;
    slider.dispatchEvent(new Event("input"));
  }), () => sliders[i][0].focus()));

  function set(name, words) {
    return (value) => {
      state[name] = value;
      const told = show();
      say(`${words(value)}. ${told}`);
    };
  }

  const setWidth = set("width", (width) => `Width ${width}`);
  show();
  return {
    question: {
      ask: "Fargo is the third film. With the mask, Fargo's vector moves. Whose weights change?",
      choices: ["those of all three places", "those of Fargo only", "those of E.T. and Die Hard only"],
      right: "those of Fargo only",
      then: "Now move Fargo; then take away the mask.",
    },
    controls: [
      ...films.map((film, i) => html("fieldset", { class: "recdl-radios recdl-vector" },
        html("legend", {}, film), ...sliders[i].map((slider) => slider.parentNode))),
      recdl.checkbox({
        label: "mask", key: "masked", value: state.masked,
        change: set("masked", (on) => (on ? "With the mask" : "Without the mask")),
      }),
      recdl.checkbox({
        label: "divide by √width", key: "divided", value: state.divided,
        change: set("divided", (on) => (on ? "Divided by the root of the width" : "Not divided")),
      }),
      recdl.select({
        label: "width", key: "width", options: widths.map(String), value: String(state.width),
        change: (value) => setWidth(Number(value)),
      }),
    ],
    view: [
      view.node,
      recdl.figure(field, "✕ a film's first two numbers, x and y: drag it. ○ what its place takes. All "
        + "further numbers are random. Dashed in the table: the film that a place should predict."),
    ],
    lesson: "With the mask, a place sees itself and what came before: Fargo moves Fargo's row only. "
      + "Without it, E.T. and Die Hard also look at the film that they should predict. And the fits grow "
      + "with the width: at 128, not divided by its root, one place takes nearly all. Divided, the largest weight of "
      + "a row is 0.6 on average, at 8 and at 128.",
    numbers,
  };
});
