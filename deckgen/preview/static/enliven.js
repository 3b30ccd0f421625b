// Life for a card's document, in which no script runs: hints, sounds, links, typed answers, masks.

import { compareTyped, typedElement } from "./typing.js";
import { drawOcclusion } from "./occlusion.js";

const OPENED = ["http:", "https:", "mailto:"];

/**
 * Makes a card's document live. Everything is found by selectors and never by name, whatever the card calls its parts.
 * @param {Document} inside
 * @param {{play: (file: string) => void, speak: (text: string, language: string) => void,
 *          openLink: (address: string) => void, typedText: string, takesFocus: boolean}} around
 */
export function enliven(inside, { play, speak, openLink, typedText, takesFocus }) {
  const root = inside.documentElement;
  root.addEventListener("click", (event) => clicked(event, { play, speak, openLink }));
  root.addEventListener("submit", (event) => event.preventDefault());
  for (const place of root.querySelectorAll(".typed[data-expected]")) {
    const { expected, combining } = place.dataset;
    place.replaceChildren(typedElement(inside, compareTyped(expected, typedText, combining !== "false")));
  }
  drawOcclusion(inside);
  if (takesFocus) root.querySelector("input#typeans")?.focus({ preventScroll: true });
}

/** What has been typed into a card. @param {Document} inside @returns {string} */
export function typedIn(inside) {
  return inside.documentElement?.querySelector("input#typeans")?.value ?? "";
}

function clicked(event, { play, speak, openLink }) {
  const target = event.target instanceof event.view.Element ? event.target : null;
  const button = target?.closest(".replay-button");
  if (button) {
    if (button.dataset.sound) play(button.dataset.sound);
    else speak(button.dataset.speak ?? "", button.dataset.lang ?? "");
    return;
  }
  const link = target?.closest("a[href], area[href], [*|href]");
  if (!link) return;
  event.preventDefault();
  if (link.matches("a.hint")) showHint(link);
  else followLink(link, openLink);
}

/** A hint is a link and, beside it, what it shows. */
function showHint(link) {
  const shown = link.nextElementSibling;
  if (!shown?.matches(".hint")) return;
  link.style.display = "none";
  shown.style.display = "block";
}

function followLink(link, openLink) {
  const address = link.getAttribute("href") ?? "";
  if (address.startsWith("#")) {
    [...link.ownerDocument.querySelectorAll("[id]")].find((each) => each.id === address.slice(1))?.scrollIntoView();
    return;
  }
  if (URL.canParse(address) && OPENED.includes(new URL(address).protocol)) openLink(address);
}
