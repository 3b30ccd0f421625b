// All cards side by side. Only those in sight are in the page, however many there are.

import { byId, element } from "./dom.js";
import { cardFrame, liveCard } from "./frame.js";

const WIDTH = 250; // of a cell, at least
const HEIGHT = 214;
const GAP = 12;
const SCALE = 0.5; // a card is drawn this much smaller than it is
const CALM = 90; // milliseconds without scrolling after which cards are drawn

/** A grid of cards that can be scrolled through. */
export class Grid {
  /** @param {{open: (position: number) => void, withMedia: (html: string) => string}} options */
  constructor({ open, withMedia }) {
    this._open = open;
    this._withMedia = withMedia;
    this._room = byId("grid-view");
    this._inner = element("ul", { class: "grid" });
    this._room.append(this._inner);
    this._cells = new Map();
    this._cards = new Uint32Array();
    this._current = 0;
    this._columns = 1;
    this._calm = 0;
    this._room.addEventListener("scroll", () => this._draw(), { passive: true });
    this._room.addEventListener("keydown", (event) => this._move(event));
    new ResizeObserver(() => this._layOut()).observe(this._room);
  }

  /**
   * Shows these cards. @param {import("./deck.js").Deck} deck @param {Uint32Array} cards
   * @param {{isBack: boolean, night: boolean, phone: boolean, position: number}} view
   */
  show(deck, cards, view) {
    Object.assign(this, { _deck: deck, _cards: cards, _view: view, _current: view.position });
    this._clear();
    this._layOut();
    this._scrollTo(this._current);
  }

  /** Puts the keyboard on the current card. */
  focus() {
    this._cells.get(this._current)?.querySelector("button").focus();
  }

  _clear() {
    for (const cell of this._cells.values()) cell.remove();
    this._cells.clear();
  }

  _layOut() {
    if (!this._deck || this._room.hidden) return;
    const width = this._room.clientWidth - 2 * GAP;
    this._columns = Math.max(1, Math.floor((width + GAP) / (WIDTH + GAP)));
    this._cellWidth = (width - GAP * (this._columns - 1)) / this._columns;
    this._inner.style.height = `${Math.ceil(this._cards.length / this._columns) * (HEIGHT + GAP) + GAP}px`;
    for (const [position, cell] of this._cells) this._putAt(cell, position);
    this._draw();
  }

  _draw() {
    if (!this._deck) return;
    const top = Math.floor(this._room.scrollTop / (HEIGHT + GAP)) - 1;
    const rows = Math.ceil(this._room.clientHeight / (HEIGHT + GAP)) + 2;
    const from = Math.max(0, top * this._columns);
    const to = Math.min(this._cards.length, (top + rows + 1) * this._columns);
    for (const [position, cell] of this._cells) {
      if (position >= from && position < to) continue;
      if (cell.contains(document.activeElement)) continue; // or the keyboard would be nowhere
      cell.remove();
      this._cells.delete(position);
    }
    for (let position = from; position < to; position += 1) if (!this._cells.has(position)) this._add(position);
    clearTimeout(this._calm);
    this._calm = setTimeout(() => this._drawCards(), CALM);
  }

  _add(position) {
    const card = this._cards[position];
    const label = this._deck.label(card);
    const button = element("button", {
      type: "button",
      class: "open",
      "aria-label": `${position + 1}: ${label}`,
      tabindex: position === this._current ? "0" : "-1",
      onclick: () => this._open(position),
    });
    const cell = element("li", { class: "cell" }, element("p", { class: "text", dir: "auto", "aria-hidden": "true" }, label), button);
    this._putAt(cell, position);
    this._cells.set(position, cell);
    this._inner.append(cell);
  }

  _putAt(cell, position) {
    const row = Math.floor(position / this._columns);
    const column = position % this._columns;
    cell.style.width = `${this._cellWidth}px`;
    cell.style.height = `${HEIGHT}px`;
    cell.style.transform = `translate(${GAP + column * (this._cellWidth + GAP)}px, ${GAP + row * (HEIGHT + GAP)}px)`;
    cell.style.setProperty("--scale", String(SCALE));
  }

  async _drawCards() {
    const deck = this._deck;
    for (const [position, cell] of [...this._cells]) {
      if (cell.dataset.drawn || this._cells.get(position) !== cell) continue;
      cell.dataset.drawn = "yes";
      const card = this._cards[position];
      const sides = await deck.sides(card).catch(() => null);
      if (sides === null || deck !== this._deck || this._cells.get(position) !== cell) continue;
      cell.prepend(this._frame(card, sides));
    }
  }

  _frame(card, sides) {
    const deck = this._deck;
    const { isBack, night, phone } = this._view;
    const look = {
      html: this._withMedia(isBack ? sides.back : sides.front),
      css: this._withMedia(deck.types[deck.noteOf(card).type].css),
      frameCss: deck.frameCss,
      ordinal: deck.ordinal(card),
      night,
      phone,
    };
    const frame = cardFrame(look, { title: "", ready: (inside) => liveCard(inside, "", false) });
    frame.setAttribute("aria-hidden", "true");
    frame.setAttribute("tabindex", "-1");
    frame.inert = true;
    return frame;
  }

  _move(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this._columns, ArrowUp: -this._columns };
    const ends = { Home: 0, End: this._cards.length - 1 };
    const to = event.key in steps ? this._current + steps[event.key] : ends[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (to < 0 || to >= this._cards.length) return;
    this._cells.get(this._current)?.querySelector("button").setAttribute("tabindex", "-1");
    this._current = to;
    this._scrollTo(to);
    this._draw();
    this._cells.get(to)?.querySelector("button").setAttribute("tabindex", "0");
    this.focus();
  }

  _scrollTo(position) {
    const top = Math.floor(position / this._columns) * (HEIGHT + GAP);
    const bottom = top + HEIGHT + 2 * GAP;
    if (top < this._room.scrollTop) this._room.scrollTop = top;
    else if (bottom > this._room.scrollTop + this._room.clientHeight) this._room.scrollTop = bottom - this._room.clientHeight;
  }
}
