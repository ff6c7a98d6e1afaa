// What a reader has done, chapter by chapter: kept in this browser, told below the quiz, forgotten on demand.
window.recdlDone = (() => {
  const KEY = "recdl-done";
  let memory = "{}", kept = true;

  // Whatever stands there, whoever wrote it: an object of chapters, each an object.
  function read() {
    try { memory = localStorage.getItem(KEY) ?? "{}"; } catch { kept = false; }
    let all = null;
    try { all = JSON.parse(memory); } catch { /* not ours, or damaged */ }
    return Object.fromEntries(Object.entries(all ?? {}).filter(([, of]) => of && typeof of === "object"));
  }

  function write(all) {
    memory = JSON.stringify(all);
    try { localStorage.setItem(KEY, memory); } catch { kept = false; }
  }

  const of = (chapter) => read()[chapter] ?? {};

  function note(chapter, id, what) {
    const all = read();
    all[chapter] = { ...all[chapter], [id]: what };
    write(all);
  }

  function forget(chapter) {
    const all = read();
    delete all[chapter];
    write(all);
  }

  return { of, note, forget, isKept: () => kept };
})();

window.addEventListener("DOMContentLoaded", () => {
  const done = window.recdlDone, quizzes = [...document.querySelectorAll("ol.quiz[data-chapter]")];
  const choicesOf = (item) => [...item.querySelectorAll("details")];

  // Which choices were opened, in their order; behind the right one, nothing counts.
  function tried(chapter, item) {
    const choices = choicesOf(item), kept = done.of(chapter)[item.dataset.question];
    const opened = (Array.isArray(kept) ? kept : []).filter((place) => place in choices);
    const right = opened.findIndex((place) => "right" in choices[place].dataset);
    return { opened, tries: right + 1 };
  }

  function words(item, { opened, tries }) {
    if (tries) return tries === 1 ? "✓ right at the first try" : `✓ right at try ${tries}`;
    return opened.length ? "✗ not yet right" : "";
  }

  function show(quiz) {
    const { chapter } = quiz.dataset, items = [...quiz.children], all = items.map((item) => tried(chapter, item));
    items.forEach((item, i) => { item.querySelector(".recdl-tried").textContent = words(item, all[i]); });
    const right = all.filter(({ tries }) => tries), first = right.filter(({ tries }) => tries === 1);
    const boxes = [...document.querySelectorAll(`.recdl-box[data-exercise^="${chapter}."]`)];
    const solved = boxes.filter((box) => done.of(chapter)[box.dataset.exercise] === true).length;
    const hands = boxes.length ? ` By hand: ${solved} of ${boxes.length} exercises right.` : "";
    const any = solved || all.some(({ opened }) => opened.length);
    const keeps = done.isKept() ? "This is kept in this browser only."
      : "This browser keeps nothing: it is forgotten when you leave the page.";
    const score = `Quiz: ${right.length} of ${items.length} questions right, ${first.length} at the first try.`;
    return `${any ? score + hands : "Nothing done yet in this chapter."} ${keeps}`;
  }

  function tell(quiz, before = "") {
    quiz.status.textContent = before + show(quiz);
  }

  for (const quiz of quizzes) {
    const { chapter } = quiz.dataset, button = document.createElement("button");
    quiz.status = document.createElement("p");
    quiz.status.setAttribute("role", "status");
    button.type = "button";
    button.textContent = "Forget what I have done in this chapter";
    button.addEventListener("click", () => {
      done.forget(chapter);
      quiz.querySelectorAll("details").forEach((choice) => { choice.open = false; });
      window.dispatchEvent(new CustomEvent("recdl-done", { detail: "Forgotten. " }));
    });
    const place = document.createElement("div");
    place.className = "recdl-done";
    place.append(quiz.status, button);
    quiz.after(place);
    for (const item of quiz.children) {
      const mark = document.createElement("span");
      mark.className = "recdl-tried";
      item.firstElementChild.append(" ", mark);
      choicesOf(item).forEach((choice, i) => choice.querySelector("summary").addEventListener("click", () => {
        const { opened, tries } = tried(chapter, item);
        if (choice.open || tries || opened.includes(i)) return;  // it closes, or counts no more
        done.note(chapter, item.dataset.question, [...opened, i]);
        tell(quiz);
      }));
    }
    tell(quiz);
  }
  const again = (event) => quizzes.forEach((quiz) => tell(quiz, event.detail || ""));
  window.addEventListener("recdl-done", again);
  window.addEventListener("storage", again);  // the page is open twice
});
