// Life for a card's document, in which no script runs: hints, sounds, links, typed answers, masks.
//
// A card may be anybody's. Everything is found by selectors from the root, and new elements are made in the document
// around the frame: a form or picture of the card that is named `body` or `createElement` stands in nobody's way.

import { compareTyped, typedElement } from "./typing.js";
import { drawOcclusion, rootOf, svgShape } from "./occlusion.js";

const OPENED = ["http:", "https:", "mailto:"];
const XLINK = "http://www.w3.org/1999/xlink";

/**
 * Makes a card's document live.
 * @param {Document} inside
 * @param {{play: (file: string) => void, speak: (text: string, language: string) => void,
 *          openLink: (address: string) => void, typedText: string, takesFocus?: boolean}} around
 */
export function enliven(inside, { play, speak, openLink, typedText, takesFocus = true }) {
  const root = rootOf(inside);
  root.addEventListener("click", (event) => clicked(root, event, { play, speak, openLink }));
  root.addEventListener("auxclick", (event) => event.button === 1 && clicked(root, event, { play, speak, openLink }));
  root.addEventListener("submit", (event) => event.preventDefault());
  for (const place of root.querySelectorAll(".typed[data-expected]:not(form)")) {
    const { expected, combining } = place.dataset;
    place.replaceChildren(typedElement(document, compareTyped(expected, typedText ?? "", combining !== "false")));
  }
  for (const button of root.querySelectorAll("button.replay-button:empty")) button.append(playIcon());
  drawOcclusion(inside);
  if (takesFocus) root.querySelector("input#typeans")?.focus({ preventScroll: true });
}

/** What has been typed into a card. @param {Document} inside @returns {string} */
export function typedIn(inside) {
  return rootOf(inside)?.querySelector("input#typeans")?.value ?? "";
}

/** A disc with a triangle, drawn with the elements that decks style in Anki. */
function playIcon() {
  const triangle = svgShape("path", { d: "M19 12V52L56 32Z" });
  const attributes = { class: "playImage", viewBox: "0 0 64 64", "aria-hidden": "true" };
  return svgShape("svg", attributes, svgShape("circle", { cx: 32, cy: 32, r: 29 }), triangle);
}

function clicked(root, event, { play, speak, openLink }) {
  const button = onTheWay(event, ".replay-button");
  if (button) {
    if (button.dataset.sound) play(button.dataset.sound);
    else if (button.dataset.speak) speak(button.dataset.speak, button.dataset.lang ?? "");
    return;
  }
  const link = onTheWay(event, "a[*|href], area[*|href], a.hint");
  if (!link) return;
  event.preventDefault();
  if (link.matches("a.hint")) showHint(root, link);
  else followLink(root, link, openLink);
}

/** The innermost element around a click that a selector fits; a form's parts may be named like any method of its. */
function onTheWay(event, selector) {
  return event.composedPath().find((each) => each.nodeType === 1 && Element.prototype.matches.call(each, selector));
}

/** A hint is a link and, after it, what it shows; not always beside it, for a paragraph ends before a `div`. */
function showHint(root, link) {
  const all = [...root.querySelectorAll("a.hint, div.hint")];
  const shown = all[all.indexOf(link) + 1];
  if (shown?.localName !== "div") return;
  link.style.display = "none";
  shown.style.display = "block";
  shown.style.outline = "none";
  shown.tabIndex = -1; // what had the keyboard's attention is gone
  shown.focus({ preventScroll: true });
}

function followLink(root, link, openLink) {
  const address = (link.getAttribute("href") ?? link.getAttributeNS(XLINK, "href") ?? "").trim();
  if (address.startsWith("#")) placeNamed(root, address.slice(1))?.scrollIntoView();
  else if (URL.canParse(address) && OPENED.includes(new URL(address).protocol)) openLink(address);
}

/** The element that an address inside the card names. */
function placeNamed(root, name) {
  if (!name) return null;
  return root.querySelector(`[id="${CSS.escape(name)}"], [id="${CSS.escape(unescaped(name))}"]`);
}

function unescaped(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
