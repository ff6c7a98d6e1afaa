// What all panels share: parts of HTML and SVG, the random numbers of NumPy, and how a panel begins and ends.
//
// A page holds `<section class="recdl-panel" data-panel="neuron" data-state="{…}">` with a table that Python
// has computed. `recdl.panel("neuron", build)` puts the panel in its place; if that fails, the table stays.
window.recdl = {};

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  let count = 0;
  const unique = (name) => `recdl-${name}-${count += 1}`;

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  const html = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  // Numbers as text: a minus sign, and no −0.00. Python's `recdl.course.panels.number` does the same.
  function number(value, digits = 2) {
    const text = Math.abs(value).toFixed(digits);
    return value < 0 && Number(text) !== 0 ? `−${text}` : text;
  }

  // Controls: each has a `key`, by which the focus finds it again.

  function button(label, key, click, name = null) {
    const about = { type: "button", class: "recdl-button", "data-key": key, "aria-label": name, click };
    return html("button", about, label);
  }

  // Two buttons that move a film by one place.
  function movers(film, key, move) {
    const one = (sign, word, by) => button(sign, `${word}-${key}`, () => move(by), `${film}: one place ${word}`);
    return html("span", { class: "recdl-move" }, one("↑", "up", -1), " ", one("↓", "down", 1));
  }

  // Buttons that make steps of training, and one that begins anew.
  function steppers(counts, train, begin) {
    const steps = counts.map((n) => button(n === 1 ? "1 step" : `${n} steps`, `step-${n}`, () => train(n)));
    return [...steps, button("Start again", "again", begin)];
  }

  // A range of numbers, or over given values.
  function slider({ label, key, values, min = 0, max = values.length - 1, step = 1, value, digits = 0, change,
    text = (one) => number(one, digits) }) {
    const id = unique(key), now = () => (values ? values[input.value] : Number(input.value));
    const shown = html("span", { class: "recdl-value", "aria-hidden": "true" });
    const input = html("input", {
      type: "range", id, min, max, step, "data-key": key, input: () => { show(); change(now()); },
    });
    function show() {
      shown.textContent = text(now());
      input.setAttribute("aria-valuetext", shown.textContent);
    }
    function set(one) {
      input.value = values ? values.indexOf(one) : one;
      show();
    }
    set(value);
    const node = html("div", { class: "recdl-slider" }, html("label", { for: id }, label), input, shown);
    return Object.assign(node, { set });
  }

  function select({ label, key, options, value, change }) {
    const id = unique(key);
    const list = html("select", { id, "data-key": key, change: () => change(list.value) });
    for (const option of options) {
      list.append(html("option", { value: option, selected: option === value && "" }, option));
    }
    return html("div", { class: "recdl-slider" }, html("label", { for: id }, label), list);
  }

  function radios({ label, key, options, value, change }) {
    const name = unique(key);
    const set = html("fieldset", { class: "recdl-radios" }, html("legend", {}, label));
    for (const option of options) {
      const input = html("input", {
        type: "radio", name, value: option, checked: option === value && "", "data-key": `${key}-${option}`,
        change: () => change(option),
      });
      set.append(html("label", {}, input, ` ${option}`));
    }
    return set;
  }

  // Elements that move in the page lose the focus; give it back to the control with the same key.
  function keepFocus(place, render) {
    const key = place.contains(document.activeElement) && document.activeElement.dataset.key;
    render();
    if (key && document.activeElement.dataset.key !== key) place.querySelector(`[data-key="${key}"]`)?.focus();
  }

  // A table whose cells are written anew in place, so that the focus stays. The first cell of a row is its
  // heading; a cell is a text, or an element that the panel keeps.
  function table(columns) {
    const caption = html("caption");
    const head = html("tr", {}, ...columns.map((name) => html("th", { scope: "col" }, name)));
    const body = html("tbody");
    const node = html("table", { class: "recdl-table" }, caption, html("thead", {}, head), body);
    function write(place, content) {
      if (typeof content === "string") place.textContent = content;
      else if (place.firstChild !== content) place.replaceChildren(content);
    }
    function show(text, rows) {
      caption.textContent = text;
      while (body.rows.length > rows.length) body.lastChild.remove();
      rows.forEach((cells, r) => {
        const row = body.rows[r] || body.appendChild(html("tr"));
        cells.forEach((content, c) => {
          const heading = c === 0 ? html("th", { scope: "row" }) : html("td");
          write(row.cells[c] || row.appendChild(heading), content);
        });
      });
    }
    return { node: html("div", { class: "recdl-scroll" }, node), body, show };
  }

  // A plot: `x` and `y` are [from, to, ticks]. Draw into `layer` with `at(x, y)`, which gives pixels.
  function plot({ x, y, width = 320, height = 260, xlabel, ylabel }) {
    const left = 44, right = width - 8, top = 10, bottom = height - 36;
    const scales = { x: [0, 1], y: [0, 1] };
    const at = (a, b) => [
      left + (right - left) * (a - scales.x[0]) / (scales.x[1] - scales.x[0]),
      bottom - (bottom - top) * (b - scales.y[0]) / (scales.y[1] - scales.y[0]),
    ];
    const axes = svg("g", { class: "recdl-axes" }), layer = svg("g");
    const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "recdl-plot", role: "img" }, axes, layer);
    const write = (a, b, text, anchor) => svg("text", { x: a, y: b, "text-anchor": anchor }, text);
    function scale(newX, newY) {
      [scales.x, scales.y] = [newX, newY];
      axes.replaceChildren(svg("path", { d: `M${left} ${top}V${bottom}H${right}` }));
      for (const tick of newX[2]) {
        axes.append(write(at(tick, 0)[0], bottom + 16, String(tick), tick === newX[1] ? "end" : "middle"));
      }
      for (const tick of newY[2]) axes.append(write(left - 6, at(0, tick)[1] + 4, String(tick), "end"));
      axes.append(write((left + right) / 2, height - 3, xlabel, "middle"));
      const turned = write(0, 0, ylabel, "middle");
      turned.setAttribute("transform", `translate(12 ${(top + bottom) / 2}) rotate(-90)`);
      axes.append(turned);
    }
    scale(x, y);
    return { node, layer, at, scale, describe: (text) => node.setAttribute("aria-label", text) };
  }

  // Squares that are as large as the answer, from -0.5 to 1.5 in both directions; and points to mark.
  function surface(points, xlabel, ylabel, n = 20) {
    const range = [-0.5, 1.5, [0, 1]];
    const drawing = plot({ x: range, y: range, width: 300, height: 290, xlabel, ylabel });
    const places = [];
    for (let i = 0; i < n * n; i += 1) {
      places.push([-0.5 + (i % n + 0.5) * 2 / n, -0.5 + (Math.floor(i / n) + 0.5) * 2 / n]);
    }
    const yes = svg("path", { class: "recdl-yes" }), no = svg("path", { class: "recdl-no" });
    const marks = points.map(() => [svg("path", { class: "recdl-halo" }), svg("path", { class: "recdl-mark" })]);
    drawing.layer.append(yes, no, ...marks.flat());
    const side = drawing.at(2 / n, 0)[0] - drawing.at(0, 0)[0];
    function show(answer, wanted, text) {
      const squares = { true: "", false: "" };
      for (const [a, b] of places) {
        const value = answer(a, b), size = side * Math.max(0.08, Math.min(1, value));
        const [px, py] = drawing.at(a, b);
        squares[value > 0.5] += `M${px - size / 2} ${py - size / 2}h${size}v${size}h${-size}z`;
      }
      yes.setAttribute("d", squares.true);
      no.setAttribute("d", squares.false);
      points.forEach(([a, b], i) => {
        const [px, py] = drawing.at(a, b);
        const ring = `M${px - 8} ${py}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0`;
        const cross = `M${px - 7} ${py - 7}l14 14m0 -14l-14 14`;
        for (const mark of marks[i]) mark.setAttribute("d", wanted[i] ? ring : cross);
      });
      drawing.describe(text);
    }
    const key = "○ wanted, ✕ not wanted. The larger a square, the larger the answer; in colour above one half.";
    return { node: figure(drawing, key), show };
  }

  function figure(drawing, key) {
    return html("figure", { class: "recdl-figure" }, drawing.node, html("figcaption", {}, key));
  }

  // NumPy's `default_rng(seed)`, bit for bit: SeedSequence, then PCG64.
  function random(seed) {
    const times = Math.imul, pool = [];
    let hash = 0x43b0d7e5;
    function mixed(value) {
      value ^= hash;
      hash = times(hash, 0x931e8875);
      value = times(value, hash);
      return value ^ (value >>> 16);
    }
    for (let i = 0; i < 4; i += 1) pool.push(mixed(i ? 0 : seed));
    for (let from = 0; from < 4; from += 1) {
      for (let to = 0; to < 4; to += 1) {
        if (from === to) continue;
        const value = times(0xca01f9dd, pool[to]) - times(0x4973f715, mixed(pool[from])) | 0;
        pool[to] = value ^ (value >>> 16);
      }
    }
    hash = 0x8b51f9dd;
    const words = Array.from({ length: 8 }, (_, i) => {
      let value = pool[i % 4] ^ hash;
      hash = times(hash, 0x58f38ded);
      value = times(value, hash);
      return (value ^ (value >>> 16)) >>> 0;
    });

    // Numbers of 128 bits, in eight parts of 16, the lowest first.
    const TIMES = [0xf645, 0x9fcc, 0xdf64, 0x4385, 0x5da4, 0x1fc6, 0xed05, 0x2360], sums = new Float64Array(8);
    const partsOf = (...order) => order.flatMap((i) => [words[i] & 65535, words[i] >>> 16]);
    const increment = partsOf(6, 7, 4, 5).map((part, i) => 2 * part + Number(i === 0));
    const parts = partsOf(2, 3, 0, 1).map((part, i) => part + increment[i]);
    let low, high, isKept = false;
    function step() {
      sums.set(increment);
      for (let i = 0; i < 8; i += 1) for (let j = 0; i + j < 8; j += 1) sums[i + j] += parts[i] * TIMES[j];
      for (let i = 0; i < 8; i += 1) {
        const carry = Math.floor(sums[i] / 65536);
        parts[i] = sums[i] - 65536 * carry;
        if (i < 7) sums[i + 1] += carry;
      }
    }
    function next() {
      step();
      const half = (i) => (parts[i] ^ parts[i + 4]) | ((parts[i + 1] ^ parts[i + 5]) << 16), by = parts[7] >> 10;
      const [a, b] = by & 32 ? [half(2), half(0)] : [half(0), half(2)], turn = by & 31;
      low = (turn ? (a >>> turn) | (b << (32 - turn)) : a) >>> 0;
      high = (turn ? (b >>> turn) | (a << (32 - turn)) : b) >>> 0;
    }
    step();
    function one() {
      next();
      return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
    }
    function word() {
      isKept = !isKept;
      if (isKept) next();
      return isKept ? low : high;
    }
    // As `integers(n)`; a generator that has drawn some draws no numbers by `one`.
    function integer(n) {
      const least = (2 ** 32 - n) % n;
      let drawn = word();
      while (Math.imul(drawn, n) >>> 0 < least) drawn = word();
      return Math.floor(drawn * n / 2 ** 32);
    }
    const uniform = (low, high, n) => Float64Array.from({ length: n }, () => low + (high - low) * one());
    return { one, uniform, integer };
  }

  // What was written in the page by Python must not be lost if a panel cannot begin.
  function mount(root, build) {
    const title = root.querySelector(".recdl-title");
    const status = html("p", { role: "status", class: "recdl-status" });
    const say = (text) => { status.textContent = text; };
    const { question, controls, view, lesson, numbers } = build(JSON.parse(root.dataset.state), say);
    const place = html("div", { class: "recdl-controls", hidden: "" }, ...controls);
    const end = html("details", { class: "recdl-lesson", hidden: "" }, html("summary", {}, "What was to be seen"));
    const ask = prediction(question, say, (chosen) => {
      ask.replaceChildren(html("span", {}, `Your prediction: ${chosen}.`));
      const verdict = chosen === question.right ? "That was right." : `It is: ${question.right}.`;
      const [seen] = lesson.match(/^.*?\.(?= |$)/);  // in one sentence; what follows is why
      end.append(html("p", {}, `You predicted: ${chosen}. ${verdict} `, html("b", {}, seen), lesson.slice(seen.length)));
      place.hidden = end.hidden = false;
      place.querySelector("input:not([type=radio]), input:checked, select, button").focus();
      say(`Your prediction stands. ${question.then}`);
    });
    title.append(" ", whole(root, say));
    root.replaceChildren(title, ask, place, html("div", { class: "recdl-view" }, ...view), status, end);
    root.recdl = numbers;
  }

  // A button by which the panel fills the window, above all else; slides open the page with `?full`.
  function whole(root, say) {
    const isFull = () => root.hasAttribute("popover"), set = (full) => {
      for (const [name, value] of Object.entries({ popover: "manual", role: "dialog", "aria-modal": "true" })) {
        if (full) root.setAttribute(name, value); else root.removeAttribute(name);
      }
      if (full) root.showPopover?.();  // old browsers do without: the style places it
      node.textContent = full ? "Back to the page" : "Full screen";
      node.focus();
      say(full ? "The panel fills the window." : "The panel is back in the page.");
    };
    addEventListener("beforeprint", () => { if (isFull()) set(false); });
    const node = button("Full screen", "full", () => set(!isFull()));
    root.addEventListener("keydown", ({ key }) => { if (key === "Escape" && isFull()) set(false); });
    root.addEventListener("focusout", ({ relatedTarget: to }) => {
      if (isFull() && to && !root.contains(to)) node.focus();  // nothing else can be seen
    });
    if (location.search === "?full" && location.hash === `#${root.id}`) addEventListener("load", () => set(true));
    return node;
  }

  function prediction({ ask, choices }, say, commit) {
    let chosen = null;
    const options = radios({
      label: `Predict before you try. ${ask}`, key: "prediction", options: choices,
      change: (option) => { chosen = option; },
    });
    const done = button("This is my prediction", "predict", () => {
      if (chosen === null) say("Choose one of the answers first.");
      else commit(chosen);
    });
    return html("div", { class: "recdl-ask" }, options, done);
  }

  function panel(name, build) {
    for (const root of document.querySelectorAll(`.recdl-panel[data-panel="${name}"]`)) mount(root, build);
  }

  Object.assign(window.recdl, {
    html, svg, number, button, movers, steppers, slider, select, radios, keepFocus, table, plot, figure, surface, random, panel,
  });
})();

// For attention, negatives and others: boxes to tick, bars, lines over steps, points with names, or to drag.
(() => {
  const { html, svg } = recdl;

  function checkbox({ label, key, value, change }) {
    const box = html("input", {
      type: "checkbox", checked: value && "", "data-key": key, change: () => change(box.checked),
    });
    return html("label", { class: "recdl-tick" }, box, ` ${label}`);
  }

  // What a cell of a table can hold: a text with a bar below it.
  function bar() {
    const text = html("span"), line = html("span", { class: "recdl-bar", "aria-hidden": "true" });
    function show(content, share) {
      text.textContent = content;
      line.style.width = `${2.1 * share}rem`;  // as wide in each column
    }
    return { node: html("span", { class: "recdl-with-bar" }, text, line), show };
  }

  // Lines over the steps, the first one solid, the second dashed: `show` gets a list of numbers for each.
  function curves(ylabel) {
    const drawing = recdl.plot({ x: [0, 10, [0, 10]], y: [0, 1, [0, 1]], xlabel: "step", ylabel });
    const lines = ["", " recdl-dashed"].map((more) => svg("path", { class: `recdl-curve${more}` }));
    drawing.layer.append(...lines);
    function show(series) {
      const steps = series[0].length - 1, last = Math.max(10, steps);
      const high = series.flat().reduce((a, b) => Math.max(a, b), 1), top = Math.ceil(high);
      drawing.scale([0, last, [0, last]], [0, top, [0, top]]);
      series.forEach((values, s) => {
        const every = Math.ceil(values.length / 200);
        const points = [...values.keys()].filter((i) => i % every === 0 || i === steps);
        lines[s].setAttribute("d", `M${points.map((i) => drawing.at(i, values[i]).join(" ")).join("L")}h0.01`);
      });
    }
    return { ...drawing, show };
  }

  // Points with names, which keep apart: [name, x, y, shape]. The name of a ring stands farther from the middle
  // than the ring, and that of a cross nearer.
  function named(drawing, points) {
    const middle = drawing.at(0, 0)[0], placed = [];
    drawing.layer.replaceChildren(...points.flatMap(([name, a, b, shape]) => {
      const [x, y] = drawing.at(a, b), ring = shape === "ring", right = (x >= middle) === ring;
      const start = right ? x + 7 : x - 7 - 6 * name.length, end = start + 6 * name.length;
      const meets = (other, top) => Math.abs(other.top - top) < 11 && start < other.end && other.start < end;
      let top = y + 4;
      while (placed.some((other) => meets(other, top))) top += 1;
      placed.push({ top, start, end });
      const mark = ring ? `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0` : `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`;
      return [
        svg("path", { class: "recdl-point", d: mark }),
        svg("text", { x: right ? x + 7 : x - 7, y: top, "text-anchor": right ? "start" : "end" }, name),
      ];
    }));
  }

  // While `handle` is dragged, `move` gets its place in the numbers of the plot; then `end` is called.
  function draggable(drawing, handle, move, end) {
    const [[left, bottom], [right, top]] = [drawing.at(0, 0), drawing.at(1, 1)];
    const follow = ({ clientX, clientY }) => {
      const at = new DOMPoint(clientX, clientY).matrixTransform(drawing.node.getScreenCTM().inverse());
      move((at.x - left) / (right - left), (at.y - bottom) / (top - bottom));
    };
    const stop = () => {
      removeEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, stop);
      end();
    };
    handle.classList.add("recdl-handle-point");
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      addEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) addEventListener(name, stop);
    });
  }

  Object.assign(recdl, { checkbox, bar, curves, named, draggable });
})();
