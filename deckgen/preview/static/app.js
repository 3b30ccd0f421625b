// The page: what is chosen and shown, and what each key and button does about it.

import { amount, byId, say } from "./dom.js";
import { Deck } from "./deck.js";
import { Grid } from "./grid.js";
import { keyHandler } from "./keys.js";
import { listTopicsAndTags, sayOfSearch } from "./side.js";
import { openSource } from "./source.js";
import { problemList } from "./problems.js";
import { remember, remembered } from "./memory.js";
import { Stage } from "./stage.js";
import { wordMatcher } from "./words.js";

const VIEWS = { card: "card-view", grid: "grid-view", problems: "problem-view" };
const SEARCH_DELAY = 120; // milliseconds after a letter

class App {
  constructor() {
    this.source = openSource();
    this.choice = { topic: null, tag: null, notes: null };
    this.query = "";
    this.position = 0;
    this.view = "card";
    this.isBack = false;
    this.reloading = Promise.resolve();
    this.at = null; // the card that was last shown: where to stay when the deck has changed
    this.night = remembered("night") ?? matchMedia("(prefers-color-scheme: dark)").matches;
    this.phone = remembered("phone") ?? false;
    this.onKey = keyHandler(this);
    const withMedia = this.source.withMedia;
    this.stage = new Stage({ onKey: this.onKey, withMedia });
    this.grid = new Grid({ open: (position) => this.open(position), withMedia });
  }

  async start() {
    await this.load();
    if (this.hasOnlyProblems) this.view = "problems";
    this.fromAddress();
    globalThis.addEventListener("hashchange", () => this.fromAddress() && this.draw());
    this.draw();
    this.listen();
    this.source.watch({
      changed: () => (this.reloading = this.reloading.then(() => this.reload()).catch(() => {})), // one after another
      lost: () => this.announce("The preview has stopped. Start it again with  deckgen preview"),
      found: () => this.announce(""),
    });
  }

  /** Reads the deck; nothing of the old one is given up before all of the new one is there. */
  async load() {
    const deck = new Deck(await this.source.index(), this.source);
    const found = await this.ask(this.query, deck);
    this.deck = deck;
    document.title = `${deck.name} – deckgen`;
    byId("name").textContent = deck.name;
    byId("amount").textContent = `${amount(deck.notes.length, "note")}, ${amount(deck.size, "card")}`;
    byId("about").textContent = deck.deck.description;
    byId("query").placeholder = this.source.search ? "tag:core cortex" : "words, tag:core, -not";
    if (!this.tellFound(found)) this.choice.notes = null;
    this.chooseAgain();
  }

  /** Takes the deck as it is now, and stays where it was. */
  async reload() {
    const hadOnlyProblems = this.hasOnlyProblems;
    await this.load();
    if (hadOnlyProblems && !this.hasOnlyProblems) this.view = "card";
    if (this.at) {
      let again = this.deck.find(this.at.key, this.at.nth);
      if (again < 0) again = this.deck.notes[Math.min(this.at.note, this.deck.notes.length - 1)]?.first ?? -1;
      this.position = Math.max(0, this.shown.indexOf(again));
    }
    this.draw();
  }

  get hasOnlyProblems() {
    return this.deck.size === 0 && this.deck.problems.length > 0;
  }

  announce(text) {
    const banner = byId("banner");
    banner.hidden = text === "";
    banner.textContent = text;
  }

  // What is chosen

  choose(change) {
    const card = this.shown[this.position];
    Object.assign(this.choice, change);
    this.chooseAgain();
    this.position = Math.max(0, this.shown.indexOf(card));
    this.isBack = false;
    this.draw();
  }

  chooseAgain() {
    if (this.choice.topic !== null && !this.deck.topics.includes(this.choice.topic)) this.choice.topic = null;
    if (this.choice.tag !== null && !this.deck.tags.includes(this.choice.tag)) this.choice.tag = null;
    this.shown = this.deck.chosen(this.choice);
    listTopicsAndTags(this.deck, this.choice, {
      topic: (topic) => this.choose({ topic }),
      tag: (tag) => this.choose({ tag }),
    });
  }

  async search(query) {
    this.query = query;
    const found = await this.ask(query, this.deck);
    if (query === this.query && this.tellFound(found)) this.choose({}); // unless something else was typed since
  }

  /** Takes what a search found; says what is wrong with it and returns false if it cannot be understood. */
  tellFound(found) {
    if (found.error) {
      sayOfSearch(`${found.error}; ${found.help}`, true);
      return false;
    }
    sayOfSearch(found.notes ? `${amount(found.notes.length, "note")} found` : "");
    this.choice.notes = found.notes && new Set(found.notes);
    return true;
  }

  async ask(query, deck) {
    if (query.trim() === "") return { notes: null };
    if (this.source.search) {
      return this.source.search(query).catch(() => ({ error: "the preview has stopped", help: "start it again" }));
    }
    const matches = wordMatcher(query);
    const notes = [];
    deck.notes.forEach((note, number) => matches(note, deck.tags) && notes.push(number));
    return { notes };
  }

  // What is shown

  draw() {
    this.position = Math.min(this.position, Math.max(0, this.shown.length - 1));
    document.documentElement.classList.toggle("night", this.night);
    for (const [view, id] of Object.entries(VIEWS)) {
      byId(id).hidden = view !== this.view;
      byId(`to-${view}`).setAttribute("aria-pressed", String(view === this.view));
    }
    for (const toggle of ["night", "phone"]) byId(toggle).setAttribute("aria-pressed", String(this[toggle]));
    this.drawProblems();
    const view = { isBack: this.isBack, night: this.night, phone: this.phone, position: this.position };
    if (this.view === "grid") this.grid.show(this.deck, this.shown, view);
    else if (this.shown.length === 0) this.stage.showNothing(this.deck.size ? "No card is chosen." : "This deck has no cards yet.");
    else this.stage.show(this.deck, this.shown[this.position], { ...view, total: this.shown.length });
    this.toAddress();
  }

  drawProblems() {
    const { problems } = this.deck;
    const errors = problems.filter((problem) => problem.severity === "error").length;
    byId("problem-count").textContent = String(problems.length);
    byId("to-problems").classList.toggle("has-errors", errors > 0);
    if (this.view !== "problems") return;
    const list = problems.length ? problemList(problems, (note) => this.openNote(note)) : "Nothing is wrong.";
    byId("problem-view").replaceChildren(list);
  }

  open(position) {
    this.position = position;
    this.view = "card";
    this.isBack = false;
    this.draw();
    byId("view").focus();
  }

  openNote(number) {
    const card = this.deck.notes[number].first;
    if (!this.shown.includes(card)) {
      this.choice = { topic: null, tag: null, notes: null };
      byId("query").value = this.query = "";
      sayOfSearch("");
      this.chooseAgain();
    }
    this.open(this.shown.indexOf(card));
  }

  go(position) {
    if (position < 0 || position >= this.shown.length) return say(position < 0 ? "This is the first card" : "This is the last card");
    this.position = position;
    this.isBack = false;
    this.draw();
  }

  flip() {
    this.isBack = !this.isBack;
    this.draw();
  }

  toggle(name) {
    this[name] = !this[name];
    remember(name, this[name]);
    this.draw();
  }

  toggleGrid() {
    this.view = this.view === "grid" ? "card" : "grid";
    this.draw();
    if (this.view === "grid") this.grid.focus();
    else byId("view").focus();
  }

  // Addresses: #key or #key.2 for a note's second card

  toAddress() {
    const card = this.shown[this.position];
    if (card === undefined) return;
    this.at = { key: this.deck.noteOf(card).key, nth: this.deck.nth(card), note: this.deck.noteNumber(card) };
    const hash = `#${encodeURIComponent(this.at.key)}${this.at.nth ? `.${this.at.nth + 1}` : ""}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }

  fromAddress() {
    const found = location.hash.match(/^#(.+?)(?:\.(\d+))?$/);
    const card = found ? this.deck.find(decoded(found[1]), found[2] ? Number(found[2]) - 1 : 0) : -1;
    const position = this.shown.indexOf(card);
    if (position < 0) return false;
    const moved = position !== this.position;
    if (moved) this.isBack = false;
    this.position = position;
    return moved;
  }

  // Keys and buttons

  listen() {
    document.addEventListener("keydown", this.onKey);
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("flip", () => this.flip());
    on("back-one", () => this.go(this.position - 1));
    on("on-one", () => this.go(this.position + 1));
    on("night", () => this.toggle("night"));
    on("phone", () => this.toggle("phone"));
    on("help", () => byId("keys").showModal());
    on("to-side", () => byId("to-side").setAttribute("aria-expanded", String(byId("side").classList.toggle("open"))));
    for (const view of Object.keys(VIEWS)) {
      on(`to-${view}`, () => {
        this.view = view;
        this.draw();
      });
    }
    let waiting = 0;
    byId("query").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.search(event.target.value), SEARCH_DELAY);
    });
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      this.search(byId("query").value).then(() => byId("view").focus());
    });
  }

  leaveSearch() {
    const field = byId("query");
    if (field.value === "") return byId("view").focus();
    field.value = "";
    return this.search("");
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

new App().start().catch((failed) => {
  byId("banner").hidden = false;
  byId("banner").textContent = `The deck could not be read: ${failed.message}`;
});
