// Set two weights and a bias by hand: which wishes can one straight line fulfil?
recdl.panel("neuron", (state, say) => {
  const { films, wishes } = state;
  const view = recdl.table(["film", "drama", "sci-fi", "wanted", "sum", "answer", "right?"]);
  const field = recdl.surface(films.map((film) => film.x), "drama", "science fiction");
  const sum = (a, b) => state.w1 * a + state.w2 * b + state.b;

  function numbers() {
    const sums = films.map((film) => sum(...film.x));
    const answers = sums.map((value) => Number(value > 0));
    const right = answers.filter((answer, i) => answer === wishes[state.wish][i]).length;
    return { sums, answers, right };
  }

  function show() {
    const { sums, answers, right } = numbers(), wanted = wishes[state.wish], { number } = recdl;
    const count = `${right} of 4 right`;
    const weights = [state.w1, state.w2, state.b].map((value) => number(value, 1));
    view.show(
      `w₁ = ${weights[0]}, w₂ = ${weights[1]}, b = ${weights[2]}, wish “${state.wish}”: ${count}`,
      films.map((film, i) => [
        film.title, ...film.x.map(String), String(wanted[i]), number(sums[i], 1), String(answers[i]),
        answers[i] === wanted[i] ? "✓" : "✗",
      ]),
    );
    field.show((a, b) => Number(sum(a, b) > 0), wanted, `Where the neuron answers 1: ${count}.`);
    return count;
  }

  function change(name) {
    return (value) => {
      state[name] = value;
      const count = show(), done = count.startsWith("4") ? " This wish is fulfilled." : "";
      say(`Wish “${state.wish}”: ${count}.${done}`);
    };
  }

  const weight = (key, label) => recdl.slider({
    label, key, min: -3, max: 3, step: 0.5, value: state[key], digits: 1, change: change(key),
  });
  show();
  return {
    question: {
      ask: "For which wishes are there weights that make no mistake?",
      choices: ["for all three", "for “and” and “or” only", "for “or” only"],
      right: "for “and” and “or” only",
      then: "Now look for the weights.",
    },
    controls: [
      recdl.radios({
        label: "Wish", key: "wish", options: Object.keys(wishes), value: state.wish, change: change("wish"),
      }),
      weight("w1", "w₁, for drama"), weight("w2", "w₂, for sci-fi"), weight("b", "bias b"),
    ],
    view: [view.node, field.node],
    lesson: "A neuron answers 1 on one side of a straight line. One line can cut off the corner of “and” or of "
      + "“or”. For “xor” the wanted films lie on opposite corners, so three of four is the best there is.",
    numbers,
  };
});
