// What `deckgen check` says, with places to copy.

import { copyText, element } from "./dom.js";

const MOST = 500;

/**
 * @param {any[]} problems @param {((note: number) => void) | null} toNote  shows a note; null where it is shown already
 * @returns {HTMLElement}
 */
export function problemList(problems, toNote) {
  const items = problems.slice(0, MOST).map((problem) => problemItem(problem, toNote));
  if (problems.length > MOST) items.push(element("li", {}, `… and ${problems.length - MOST} more; deckgen check lists all`));
  return element("ul", { class: "problems" }, ...items);
}

function problemItem(problem, toNote) {
  const shows = toNote !== null && problem.note !== null;
  const show = shows ? element("button", { type: "button", onclick: () => toNote(problem.note) }, "Show card") : "";
  return element(
    "li",
    { class: problem.severity },
    element("p", {}, element("strong", {}, problem.severity), ` ${problem.message} `, element("code", {}, problem.code)),
    problem.help ? element("p", { class: "help" }, problem.help) : "",
    element("p", {}, placeButton(problem.place), " ", show),
  );
}

function placeButton(place) {
  const button = element("button", { type: "button", class: "place", title: "Copy the place" }, place);
  button.addEventListener("click", async () => {
    if (!(await copyText(place))) return;
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1200);
  });
  return button;
}
