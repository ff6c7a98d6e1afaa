// Train the chapter's network on XOR: enough to represent is not enough to learn.
recdl.network = (() => {
  // The weights of `n` hidden neurons stand in one array: two from the inputs, the biases, those to the output,
  // and its bias.
  function start(seed, n) {
    const rng = recdl.random(seed), small = 1 / Math.sqrt(2), smaller = 1 / Math.sqrt(n);
    return Float64Array.of(...rng.uniform(-small, small, 3 * n), ...rng.uniform(-smaller, smaller, n + 1));
  }

  const sumOf = (weights, n, j, a, b) => a * weights[j] + b * weights[n + j] + weights[2 * n + j];

  function logit(weights, n, a, b) {
    let total = 0;
    for (let j = 0; j < n; j += 1) {
      const sum = sumOf(weights, n, j, a, b);
      if (sum > 0) total += sum * weights[3 * n + j];
    }
    return total + weights[4 * n];
  }

  const answer = (value) => (1 + Math.tanh(value / 2)) / 2;

  // The slopes of the loss at all weights are written into `slopes`; the loss is returned.
  function backward(weights, n, films, wanted, slopes) {
    let loss = 0;
    slopes.fill(0);
    for (let i = 0; i < films.length; i += 1) {
      const a = films[i].x[0], b = films[i].x[1], value = logit(weights, n, a, b);
      loss += Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))) - wanted[i] * value;
      const toLogit = (answer(value) - wanted[i]) / films.length;
      for (let j = 0; j < n; j += 1) {
        const sum = sumOf(weights, n, j, a, b);
        if (sum <= 0) continue;
        const toSum = toLogit * weights[3 * n + j];
        slopes[j] += toSum * a;
        slopes[n + j] += toSum * b;
        slopes[2 * n + j] += toSum;
        slopes[3 * n + j] += toLogit * sum;
      }
      slopes[4 * n] += toLogit;
    }
    return loss / films.length;
  }

  function step(weights, slopes, rate) {
    for (let j = 0; j < weights.length; j += 1) weights[j] -= rate * slopes[j];
  }

  function learns(seed, n, rate, steps, films, wanted) {
    const weights = start(seed, n), slopes = new Float64Array(weights.length);
    for (let i = 0; i < steps; i += 1) {
      backward(weights, n, films, wanted, slopes);
      step(weights, slopes, rate);
    }
    return films.every(({ x }, i) => Number(logit(weights, n, ...x) > 0) === wanted[i]);
  }

  return { start, sumOf, logit, answer, backward, step, learns };
})();

recdl.panel("mlp", (state, say) => {
  const { films, wanted } = state, net = recdl.network, { number } = recdl;
  const MOST = 20000, STARTS = 200, LONG = 3000;
  const view = recdl.table(["film", "drama", "sci-fi", "wanted", "answer", "right?"]);
  const field = recdl.surface(films.map((film) => film.x), "drama", "science fiction");
  const curve = recdl.curves("log loss");
  const inside = recdl.table(["hidden neuron", ...films.map((film) => film.title), "weight to the output"]);
  const summary = recdl.html("summary"), shares = recdl.table(["hidden neurons", "starts that learn XOR"]);
  const learnt = new Map();
  let weights, slopes, losses, steps, run = 0;

  const logits = () => films.map((film) => net.logit(weights, state.width, ...film.x));
  const right = (values) => values.filter((value, i) => Number(value > 0) === wanted[i]).length;

  function begin() {
    run += 1;  // ends a count of starts that is under way
    weights = net.start(state.seed, state.width);
    slopes = new Float64Array(weights.length);
    losses = [net.backward(weights, state.width, films, wanted, slopes)];
    steps = 0;
  }

  function neurons() {
    const rows = Array.from({ length: state.width }, (_, j) => {
      const outputs = films.map((film) => Math.max(0, net.sumOf(weights, state.width, j, ...film.x)));
      return { outputs, dead: outputs.every((output) => output === 0) };
    });
    inside.show("What each hidden neuron says of each film", rows.map(({ outputs, dead }, j) => [
      `${j + 1}${dead ? " ✗ dead" : ""}`, ...outputs.map((output) => number(output)),
      number(weights[3 * state.width + j]),
    ]));
    const dead = rows.filter((row) => row.dead).length;
    summary.textContent = `The hidden neurons: ${dead} of ${state.width} dead`;
    return dead;
  }

  function drawCurve() {
    curve.show([losses]);
    const [first, now] = [losses[0], losses.at(-1)].map((loss) => number(loss, 4));
    curve.describe(`The log loss: ${first} at first, ${now} after ${steps} steps.`);
  }

  function show() {
    const values = logits(), count = `${right(values)} of 4 right`;
    view.show(
      `${state.width} hidden neurons, seed ${state.seed}, learning rate ${state.rate}, after ${steps} steps: `
        + `log loss ${number(losses.at(-1), 4)}, ${count}`,
      films.map((film, i) => [
        film.title, ...film.x.map(String), String(wanted[i]), number(net.answer(values[i]), 3),
        Number(values[i] > 0) === wanted[i] ? "✓" : "✗",
      ]),
    );
    const answer = (a, b) => net.answer(net.logit(weights, state.width, a, b));
    field.show(answer, wanted, `The network's answers: ${count}.`);
    drawCurve();
    const dead = neurons();
    return `After ${steps} steps: log loss ${number(losses.at(-1), 4)}, ${count}, ${dead} dead neurons.`;
  }

  function train(n) {
    const before = weights.slice();
    run += 1;
    for (let i = 0; i < n && steps < MOST; i += 1) {
      before.set(weights);
      net.step(weights, slopes, state.rate);
      const loss = net.backward(weights, state.width, films, wanted, slopes);
      if (!Number.isFinite(loss)) {
        weights.set(before);
        net.backward(weights, state.width, films, wanted, slopes);
        show();
        say(`After ${steps} steps the numbers become too large for the computer: training diverges.`);
        return;
      }
      losses.push(loss);
      steps += 1;
    }
    say(show() + (steps < MOST ? "" : " This panel makes no more steps: start again."));
  }

  function change(name) {
    return (value) => {
      state[name] = Number(value);
      begin();
      say(show());
    };
  }

  // Train many starts in small pieces, so that the page stays awake.
  function countStarts() {
    const mine = run += 1, own = { width: state.width, rate: state.rate };
    let seed = 0, count = 0;
    say(`Training ${STARTS} starts with ${own.width} hidden neurons …`);
    setTimeout(function piece() {
      const until = performance.now() + 10;
      while (seed < STARTS && performance.now() < until) {
        count += net.learns(seed, own.width, own.rate, LONG, films, wanted);
        seed += 1;
      }
      if (run !== mine) return;
      if (seed < STARTS) setTimeout(piece, 0);
      else tell(own, count);
    });
  }

  function tell({ width, rate }, count) {
    learnt.set(`${width} (rate ${rate})`, count);
    const rows = [...learnt].sort(([a], [b]) => parseInt(a, 10) - parseInt(b, 10));
    shares.node.hidden = false;
    shares.show(
      `Seeds 0 to ${STARTS - 1}, ${LONG} steps each`, rows.map(([name, n]) => [name, `${n} of ${STARTS}`]),
    );
    say(`With ${width} hidden neurons, ${count} of ${STARTS} starts learn XOR in ${LONG} steps.`);
  }

  const whole = (key, label, min, max) => recdl.slider({
    label, key, min, max, value: state[key], change: change(key),
  });
  begin();
  show();
  shares.node.hidden = true;
  return {
    question: {
      ask: "Two hidden neurons can solve XOR: the chapter shows their weights. How many of 200 random starts "
        + "with two hidden neurons find such weights?",
      choices: ["nearly all", "about half", "about a quarter"],
      right: "about a quarter",
      then: "Train this network, then set the hidden neurons to 2 and count the starts.",
    },
    controls: [
      whole("width", "hidden neurons", 1, 16), whole("seed", "seed", 0, 99),
      recdl.select({
        label: "learning rate", key: "rate", options: ["0.01", "0.1", "0.5", "2", "10"], value: String(state.rate),
        change: change("rate"),
      }),
      ...recdl.steppers([1, 10, 100, 1000], train, () => { begin(); say(show()); }),
      recdl.button(`Count: which of ${STARTS} starts learn?`, "count", countStarts),
    ],
    view: [
      view.node, field.node, recdl.figure(curve, "The loss of each step."),
      recdl.html("details", {}, summary, inside.node), shares.node,
    ],
    lesson: "Enough to represent is not enough to learn. With two hidden neurons most starts end on a plateau, most "
      + "of these with a dead neuron: 0 for every film, so its slopes are 0 too. With eight, nearly every start "
      + "learns.",
    numbers: () => ({
      logits: logits(), loss: losses.at(-1), steps, weights: [...weights], slopes: [...slopes],
      learnt: Object.fromEntries(learnt),
    }),
  };
});
