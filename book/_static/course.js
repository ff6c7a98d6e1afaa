// Unfold a section that goes deeper when an address, a link or the search needs it.
(() => {
  const FOLD = "details.deeper";

  function unfold(element) {
    const own = element.querySelector(`:scope > ${FOLD}`);  // the address of a section is outside its fold
    for (let fold = own || element.closest(FOLD); fold; fold = fold.parentElement.closest(FOLD)) fold.open = true;
  }

  function unfoldTarget(hash) {
    const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!target) return;
    unfold(target);
    target.scrollIntoView();
  }

  window.addEventListener("load", () => {
    document.querySelectorAll(`${FOLD} span.highlighted`).forEach(unfold);  // words that were searched for
    unfoldTarget(location.hash);
  });
  window.addEventListener("hashchange", () => unfoldTarget(location.hash));
  document.addEventListener("click", (event) => {  // a second click on the same link changes no address
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) unfoldTarget(link.hash);
  });
})();

// Paper is light, and nothing on it is folded.
(() => {
  const page = document.documentElement;
  let closed = [], theme = "";
  window.addEventListener("beforeprint", () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((fold) => { fold.open = true; });
  });
  window.addEventListener("afterprint", () => {
    page.dataset.theme = theme;
    closed.forEach((fold) => { fold.open = false; });
  });
})();

// A table or a program that is wider than its place fades at the right, and the keyboard can scroll it.
(() => {
  const PLACES = ".cell_output .text_html, .pst-scrollable-table-container, div.highlight pre, .cell_output pre, "
    + ".recdl-scroll";

  function show(place) {
    const rest = place.scrollWidth - place.clientWidth;
    place.classList.toggle("has-more", place.scrollLeft < rest - 1);
    if (rest > 1) place.tabIndex = 0;
  }

  window.addEventListener("load", () => {
    const watcher = new ResizeObserver((entries) => entries.forEach((entry) => show(entry.target)));
    document.querySelectorAll(PLACES).forEach((place) => {
      watcher.observe(place);
      place.addEventListener("scroll", () => show(place), { passive: true });
    });
  });
})();

// A question is searched for by what it asks about: "how is NDCG computed" finds what "NDCG" finds.
(() => {
  const ASKING = new RegExp("\\b(how|what|why|when|where|which|who|do|does|did|is|are|was|can|i|you|we|a|an|the|of|to|"
    + "mean|means|compute|computed|calculate|calculated|define|defined|explain|explained|work|works)\\b|[?]", "gi");

  document.addEventListener("DOMContentLoaded", () => {
    if (typeof Search === "undefined") return;  // only the page of the search has it
    const search = Search.performSearch;
    Search.performSearch = (query) => search(query.replace(ASKING, " ").replace(/\s+/g, " ").trim() || query);
  });
})();
