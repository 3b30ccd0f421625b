// Where the deck comes from: the preview's server, or the page itself and the files beside it.

/** The one door for texts that the browser parses: documents for sandboxed frames, and addresses of our own scripts. */
const trusted = globalThis.trustedTypes
  ? globalThis.trustedTypes.createPolicy("deckgen", { createHTML: (text) => text, createScriptURL: ownScript })
  : { createHTML: (text) => text, createScriptURL: ownScript };

/** @param {string} url */
function ownScript(url) {
  if (!/^data\/cards-\d+\.js$/.test(url)) throw new TypeError(`not a script of this page: ${url}`);
  return url;
}

/** @param {string} text @returns {any} a text that may become a frame's document */
export function trustedDocument(text) {
  return trusted.createHTML(text);
}

/**
 * @typedef {object} DeckSource
 * @property {() => Promise<any>} index
 * @property {(chunk: number) => Promise<any>} cards
 * @property {((query: string) => Promise<any>) | null} search  null where the page itself searches
 * @property {(html: string) => string} withMedia  puts the addresses of media in
 * @property {(told: {changed: () => void, lost: () => void, found: () => void}) => void} watch
 */

/** @returns {DeckSource} */
export function openSource() {
  const inside = document.getElementById("deck-index");
  return inside ? insideSource(inside) : serverSource();
}

/** @returns {DeckSource} */
function serverSource() {
  let version = ""; // of the index that the page has
  const get = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    if (address === "index.json") version = answer.headers.get("x-deckgen-version");
    return answer.json();
  };
  const watch = ({ changed, lost, found }) => {
    const events = new EventSource("events");
    events.onmessage = (message) => {
      found();
      if (message.data !== version) changed();
    };
    events.onerror = lost;
  };
  return {
    index: () => get("index.json"),
    cards: (chunk) => get(`cards/${chunk}`),
    search: (query) => get(`search?${new URLSearchParams({ q: query })}`),
    withMedia: (html) => html,
    watch,
  };
}

/** @param {HTMLElement} inside @returns {DeckSource} */
function insideSource(inside) {
  const index = JSON.parse(inside.textContent);
  const media = JSON.parse(document.getElementById("deck-media")?.textContent ?? "{}");
  return {
    index: async () => index,
    cards: cardsInside,
    search: null,
    withMedia: (html) => html.replace(/media\/([^"'()\s&<>]+)/g, (whole, name) => media[name] ?? whole),
    watch: () => {},
  };
}

/** Cards stand in the page, or in a script beside it, which calls `deckgenCards`. */
async function cardsInside(chunk) {
  const here = document.getElementById(`deck-cards-${chunk}`);
  if (here) return JSON.parse(here.textContent);
  return new Promise((resolve, reject) => {
    globalThis.deckgenCards = { ...globalThis.deckgenCards, [chunk]: resolve };
    const script = document.createElement("script");
    script.src = trusted.createScriptURL(`data/cards-${chunk}.js`);
    script.onerror = () => reject(new Error(`data/cards-${chunk}.js is missing`));
    document.head.append(script);
  });
}
