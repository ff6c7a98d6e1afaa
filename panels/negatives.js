// Train a small GMF on the toy world's ones and on drawn zeros; without zeros every answer becomes "yes".
recdl.panel("negatives", (state, say) => {
  const { people, films, ones, rate } = state, { number } = recdl, MOST = 1000;
  const gaps = ones.map((row) => [...row.keys()].filter((i) => !row[i]));
  const nOnes = ones.flat().reduce((a, b) => a + b), nGaps = gaps.flat().length;
  const view = recdl.table(["person", ...films]);
  const curve = recdl.curves("loss; mean answer");
  const map = recdl.plot({ x: [-1.5, 1.5, [0]], y: [-1.2, 1.2, [0]], xlabel: "number 1", ylabel: "number 2" });
  const cells = people.map(() => films.map(recdl.bar)), answers = ones.map((row) => row.map(() => 0));
  let weights, drawn, rng, steps, losses, means;

  const rows = (n) => Array.from({ length: n }, () => [...rng.uniform(-state.small, state.small, 2)]);

  // For each one, so many gaps of its person. One random number is enough: times the number of gaps, its whole
  // part names a gap, and the rest is a random number again.
  function draw() {
    drawn = ones.map((row) => row.map(() => 0));
    ones.forEach((row, u) => row.forEach((one) => {
      if (!one) return;
      let rest = rng.one();
      for (let n = 0; n < state.negatives; n += 1) {
        rest *= gaps[u].length;
        const which = Math.floor(rest);
        rest -= which;
        drawn[u][gaps[u][which]] += 1;
      }
    }));
  }

  const each = (act) => ones.forEach((row, u) => row.forEach((one, i) => act(u, i, one, one + drawn[u][i])));

  // Answer all pairs; write down the loss of the drawn examples, and the mean answers for ones and gaps.
  function measure() {
    const [h1, h2] = weights.last, sums = [0, 0];
    let loss = 0;
    each((u, i, one, count) => {
      const [p1, p2] = weights.people[u], [q1, q2] = weights.films[i], z = p1 * h1 * q1 + p2 * h2 * q2;
      answers[u][i] = (1 + Math.tanh(z / 2)) / 2;
      loss += count * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) - one * z;
      sums[one] += answers[u][i];
    });
    losses.push(loss / (nOnes * (1 + state.negatives)));
    means.push([sums[1] / nOnes, sums[0] / nGaps]);
  }

  function begin() {
    rng = recdl.random(state.seed);
    weights = { people: rows(people.length), films: rows(films.length), last: [1, 1] };
    [steps, losses, means] = [0, [], []];
    draw();
    measure();
  }

  function step() {
    const { last } = weights, slopes = { last: [0, 0] }, n = nOnes * (1 + state.negatives);
    for (const name of ["people", "films"]) slopes[name] = weights[name].map(() => [0, 0]);
    each((u, i, one, count) => {
      const toLogit = (count * answers[u][i] - one) / n, person = weights.people[u], film = weights.films[i];
      for (const k of [0, 1]) {
        slopes.people[u][k] += toLogit * film[k] * last[k];
        slopes.films[i][k] += toLogit * person[k] * last[k];
        slopes.last[k] += toLogit * person[k] * film[k];
      }
    });
    const down = (row, slope) => row.map((value, k) => value - rate * slope[k]);
    weights = {
      people: weights.people.map((row, u) => down(row, slopes.people[u])),
      films: weights.films.map((row, i) => down(row, slopes.films[i])),
      last: down(last, slopes.last),
    };
    draw();
    measure();
    steps += 1;
  }

  // The directions of the vectors: people on a circle, films on a smaller one inside.
  function drawMap() {
    const on = (radius, shape, names, rows) => rows.map(([a, b], i) => {
      const length = Math.hypot(a, b) || 1;
      return [names[i], radius * a / length, radius * b / length, shape];
    });
    const scaled = weights.people.map((row) => row.map((value, k) => value * weights.last[k]));
    recdl.named(map, [...on(1, "ring", people, scaled), ...on(0.6, "cross", films, weights.films)]);
    map.describe("The directions of the vectors of people and films.");
  }

  function show() {
    each((u, i, one) => {
      const value = answers[u][i], mark = one ? " ●" : drawn[u][i] ? ` ○${drawn[u][i]}` : "";
      cells[u][i].show(number(value) + mark, value);
    });
    const loss = number(losses.at(-1), 4), [yes, no] = means.at(-1).map((mean) => number(mean));
    view.show(
      `Negatives for each one: ${state.negatives}; seed ${state.seed}; after ${steps} steps: loss ${loss}, `
        + `mean answer ${yes} for the ${nOnes} ones, ${no} for the ${nGaps} gaps`,
      people.map((person, u) => [person, ...cells[u].map((cell) => cell.node)]),
    );
    curve.show([losses, means.map((mean) => mean[1])]);
    curve.describe(`The loss: ${number(losses[0], 4)} at first, ${loss} now. Mean answer for the gaps: ${no}.`);
    drawMap();
    return `Negatives: ${state.negatives}. After ${steps} steps: loss ${loss}, mean answer ${yes} for the ones, `
      + `${no} for the gaps.`;
  }

  function train(n) {
    const end = Math.min(MOST, steps + n);
    while (steps < end) step();
    say(show() + (steps < MOST ? "" : " This panel makes no more steps: start again."));
  }

  const slider = (key, label, max) => recdl.slider({
    label, key, max, value: state[key],
    change: (value) => { state[key] = value; begin(); say(show()); },
  });
  view.node.classList.add("recdl-upright");
  begin();
  show();
  return {
    question: {
      ask: `The model is trained on the ${nOnes} ones alone. What becomes of its answers for the ${nGaps} gaps?`,
      choices: ["they stay near one half", "they fall: no", "they rise: yes"],
      right: "they rise: yes",
      then: "Make 100 steps, and 100 more; then choose 4 negatives.",
    },
    controls: [
      slider("negatives", "negatives for each one", 10), slider("seed", "seed", 99),
      ...recdl.steppers([1, 10, 100], train, () => { begin(); say(show()); }),
    ],
    view: [
      recdl.html("div", {}, view.node, recdl.html("p", { class: "recdl-key" },
        "● a one. ○2: drawn twice, as a zero, for the next step.")),
      recdl.figure(curve, "Solid: the loss of each step. Dashed: the mean answer for the gaps."),
      recdl.figure(map, "The directions of the vectors: ○ people, times the weights; ✕ films. The same: yes. "
        + "A right angle: one half. Opposite: no."),
    ],
    lesson: "Without negatives the loss falls while every answer becomes yes: all vectors turn into one "
      + "direction. With four zeros for each one they part, and 200 steps answer ones and gaps right. With "
      + "ten, zeros outweigh ones: after 200 steps some ones are answered no.",
    numbers: () => ({
      steps, drawn, loss: losses.at(-1), weights: [weights.people, weights.films, weights.last].flat(2),
      answers: answers.map((row) => [...row]),
    }),
  };
});
