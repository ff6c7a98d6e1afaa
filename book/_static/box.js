// Answer boxes: exercises by hand, judged as `check` of recdl.course.exercises judges them.
window.recdlBox = (() => {
  const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

  // A number, as 0.5, 1/3 or −2e-3; a text if it is none.
  function one(word) {
    const [top, bottom, more] = word.split("/");
    if (more !== undefined || ![top, bottom ?? "1"].every((part) => NUMBER.test(part))) return word;
    return Number(top) / Number(bottom ?? 1);
  }

  // Nothing, one value, or a list of them; with brackets or without.
  function parsed(text) {
    const plain = text.trim().replaceAll("−", "-"), inner = plain.match(/^[[(](.*)[\])]$/s);
    const words = (inner ? inner[1] : plain).split(/[\s,;]+/).filter(Boolean).map(one);
    if (!words.length) return inner ? [] : null;
    if (!inner && words.every((word) => typeof word === "string")) return plain;
    return words.length > 1 || inner ? words : words[0];
  }

  const several = (count) => `${count} values`;

  // A sentence on how the kind or the size of an answer is wrong, or "".
  function unlike(answer, right) {
    const isText = (value) => typeof value === "string";
    if (Array.isArray(right)) {
      if (!Array.isArray(answer)) {
        return `This is ${isText(answer) ? "a text" : "a number"}, and several values are asked for.`;
      }
      if (answer.some(isText)) return "Numbers are asked for.";
      return answer.length === right.length ? ""
        : `${several(right.length)} are asked for; yours are ${several(answer.length)}.`;
    }
    if (Array.isArray(answer) && answer.length !== 1) return "These are several values, and one is asked for.";
    return [answer].flat().some(isText) ? "This is a text, not a number." : "";
  }

  const fits = (a, b, tolerance) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

  function same(answer, right, tolerance) {
    const b = [right].flat();
    return [answer].flat().every((a, i) => fits(a, b[i], tolerance));
  }

  // NumPy's rounding: a half goes to the even neighbour.
  function rounded(value, digits) {
    const scaled = value * 10 ** digits, down = Math.floor(scaled), rest = scaled - down;
    return (rest === 0.5 ? down + Math.abs(down % 2) : Math.round(scaled)) / 10 ** digits;
  }
  const close = (a, b) => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

  function howNear(answer, right, tolerance) {
    const [a, b] = [[answer].flat(), [right].flat()], ok = a.map((value, i) => fits(value, b[i], tolerance));
    const isRounded = (n) => a.every((value, i) => ok[i] || close(value, rounded(b[i], n)));
    if ([1, 2, 3, 4].some(isRounded)) return "This is rounded too much: give more digits. ";
    const count = ok.filter(Boolean).length;
    return ok.length > 1 && count ? `${count} of ${ok.length} are right. ` : "";
  }

  // The verdict: whether it is right, and the sentence, with the marks of Markdown.
  function judge({ number, wanted, tolerance, right, mistakes }, answer) {
    const no = (text) => ({ right: false, text: `**${number}:** ${text}` });
    if (answer === null) return no(`No answer yet. The answer is ${wanted}.`);
    const problem = unlike(answer, right);
    if (problem) return no(`${problem} The answer is ${wanted}.`);
    if (same(answer, right, tolerance)) return { right: true, text: `**${number} is right.**` };
    for (const [mistake, hint] of mistakes) {
      if (!unlike(answer, mistake) && same(answer, mistake, tolerance)) return no(`Not yet. ${hint}`);
    }
    return no(`Not yet. ${howNear(answer, right, tolerance)}The answer is ${wanted}.`);
  }

  // Not in clear text, so that nobody reads an answer by accident.
  function read(text, number) {
    const key = new TextEncoder().encode(number);
    const bytes = Uint8Array.from(atob(text), (letter, i) => letter.charCodeAt(0) ^ key[i % key.length]);
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  return { parsed, judge, read };
})();

window.addEventListener("DOMContentLoaded", () => {
  const box = window.recdlBox, done = window.recdlDone;

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  }

  // A sentence with **bold**, *italics* and `code`.
  function written(text) {
    const kinds = { "**": "b", "*": "em", "`": "code" };
    return text.split(/(\*\*[^*]+\*\*|\*[^*\s][^*]*\*|`[^`]+`)/).map((part, i) => {
      if (i % 2 === 0) return part;
      const [mark] = part.match(/^\*\*|^\*|^`/);
      return element(kinds[mark], {}, part.slice(mark.length, -mark.length));
    });
  }

  for (const place of document.querySelectorAll(".recdl-box")) {
    const number = place.dataset.exercise, [chapter] = number.split("."), id = `recdl-answer-${number}`;
    const exercise = box.read(place.dataset.check, number);
    const input = element("input", { id, type: "text", autocomplete: "off", spellcheck: "false" });
    const status = element("p", { role: "status" });
    const form = element("form", {},
      element("label", { for: id }, `Your answer to ${number}`), input,
      element("button", { type: "submit" }, "Check"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = box.judge(exercise, box.parsed(input.value));
      const comma = !verdict.right && /^\s*[+−-]?\d+,\d+\s*$/.test(input.value);
      status.replaceChildren(...written(verdict.text + (comma ? " Write decimals with a point, as in 0.5." : "")));
      if (!verdict.right) return;
      done.note(chapter, number, true);
      window.dispatchEvent(new CustomEvent("recdl-done"));
    });
    place.append(form, status);
    const isDone = () => done.of(chapter)[number] === true;
    if (isDone()) status.replaceChildren(...written(`**${number}** was right, at an earlier visit.`));
    window.addEventListener("recdl-done", (event) => { if (event.detail && !isDone()) status.replaceChildren(); });
  }
});
