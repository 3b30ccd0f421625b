// The left side: topics and tags to choose from, and the search.

import { byId, element } from "./dom.js";
import { countNotes } from "./deck.js";

const MOST_TAGS = 300;

/**
 * Lists topics and tags. @param {import("./deck.js").Deck} deck @param {{topic: string?, tag: string?}} chosen
 * @param {{topic: (name: string?) => void, tag: (name: string?) => void}} choose
 */
export function listTopicsAndTags(deck, chosen, choose) {
  const counts = countNotes(deck);
  const topics = deck.topics.map((name, number) => ({ name, count: counts.topics[number] }));
  const all = { name: null, count: deck.notes.length };
  byId("topics").replaceChildren(
    ...[all, ...topics].map((topic) => choiceItem(topic, topic.name ?? "All topics", chosen.topic === topic.name, choose.topic)),
  );
  const tags = deck.tags.map((name, number) => ({ name, count: counts.tags[number] }));
  tags.sort((one, other) => other.count - one.count || one.name.localeCompare(other.name));
  const shown = tags.filter((tag, place) => place < MOST_TAGS || tag.name === chosen.tag);
  const items = shown.map((tag) => {
    const isChosen = chosen.tag === tag.name;
    return choiceItem(tag, shortTag(tag.name, deck.deck.tag), isChosen, () => choose.tag(isChosen ? null : tag.name));
  });
  if (tags.length > shown.length) items.push(element("li", { class: "more" }, `and ${tags.length - shown.length} more: search tag:…`));
  byId("tags").replaceChildren(...items);
}

/** A tag without the deck's own, which all begin with. */
function shortTag(tag, root) {
  return tag.startsWith(`${root}::`) ? tag.slice(root.length) : tag;
}

function choiceItem({ name, count }, text, isChosen, choose) {
  const button = element(
    "button",
    { type: "button", title: name, "aria-pressed": String(isChosen), onclick: () => choose(name) },
    element("span", { class: "text", dir: "auto" }, text || "(no topic)"),
    element("span", { class: "count" }, count.toLocaleString("en")),
  );
  return element("li", {}, button);
}

/** Tells what a search found, or what is wrong with it. @param {string} text @param {boolean} [isWrong] */
export function sayOfSearch(text, isWrong = false) {
  byId("query-said").textContent = text;
  byId("query").toggleAttribute("aria-invalid", isWrong);
}
