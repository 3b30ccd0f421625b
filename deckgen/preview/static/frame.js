// A card in a frame: no script of its own runs in there, nothing outside is asked for, the page reaches in.

import { enliven, typedIn } from "./enliven.js";
import { element } from "./dom.js";
import { trustedDocument } from "./source.js";

const CARD_POLICY =
  "default-src 'none'; img-src 'self' data:; media-src 'self' data:; font-src 'self' data:; style-src 'unsafe-inline'";

/**
 * @typedef {object} Look  what a card looks like
 * @property {string} html @property {string} css @property {string} frameCss @property {number} ordinal
 * @property {boolean} night @property {boolean} phone
 */

/** The document of a card's side, with the classes that Anki's reviewer sets. @param {Look} look */
function cardDocument({ html, css, frameCss, ordinal, night, phone }) {
  const root = [night && "nightMode night-mode", phone && "mobile"].filter(Boolean).join(" ");
  const body = `card card${ordinal + 1}${night ? " nightMode night_mode" : ""}`;
  const style = [frameCss, css].map((text) => `<style>${text.replaceAll("</", "<\\/")}</style>`).join("");
  return (
    `<!doctype html><html class="${root}"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${CARD_POLICY}">${style}</head>` +
    `<body class="${body}"><div id="qa" dir="auto">${html}</div></body></html>`
  );
}

/**
 * Makes a frame that shows a side of a card; `ready` is called with its document once it is there.
 * @param {Look} look @param {{title: string, ready?: (inside: Document) => void}} options
 */
export function cardFrame(look, { title, ready = () => {} }) {
  const frame = element("iframe", { sandbox: "allow-same-origin", title, class: "card-frame" });
  frame.addEventListener("load", () => frame.contentDocument && ready(frame.contentDocument), { once: true });
  frame.srcdoc = trustedDocument(cardDocument(look));
  return frame;
}

/** What has been typed into a frame's card. @param {HTMLIFrameElement | null} frame */
export function typedInFrame(frame) {
  return frame?.contentDocument ? typedIn(frame.contentDocument) : "";
}

/** Gives a card's document its life. @param {Document} inside @param {string} typedText @param {boolean} takesFocus */
export function liveCard(inside, typedText, takesFocus) {
  enliven(inside, { play, speak, openLink, typedText, takesFocus });
}

/** @param {string} file an address */
function play(file) {
  playing?.pause();
  playing = new Audio(file);
  playing.play().catch(() => {});
}
let playing = null;

function speak(text, language) {
  if (!globalThis.speechSynthesis) return;
  speechSynthesis.cancel();
  const speech = new SpeechSynthesisUtterance(text);
  speech.lang = language.replace("_", "-");
  speechSynthesis.speak(speech);
}

function openLink(address) {
  window.open(address, "_blank", "noopener,noreferrer");
}
